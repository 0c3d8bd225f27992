import { argv, sleep, write } from "exitrd:sys";
import { hostTracing } from "../../../src/host/tracee.ts";

/** Traces the process PID without stopping it, so that no other process can. */
hostTracing.seize(Number(argv[1]));
write(1, "held\n");
for (;;) sleep(1_000);
