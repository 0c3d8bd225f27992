import { argv } from "exitrd:sys";
import { notify } from "../../../src/host/notify.ts";

// argv: the address, then the states to send.
for (const state of argv.slice(2)) notify(argv[1] ?? "", state);
