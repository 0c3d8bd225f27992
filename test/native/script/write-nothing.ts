import * as sys from "exitrd:sys";
import { catchCode } from "./catch-code.ts";

// Under write-nothing.c: a file that takes nothing.
const path = `${sys.argv[1]}/file`;
sys.write(1, JSON.stringify([catchCode(() => sys.writeFile(path, "x")), sys.readFile(path)]));
