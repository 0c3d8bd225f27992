import { argv, uname, write } from "exitrd:sys";
import { hostTracing } from "../../../src/host/tracee.ts";
import { execByTrace } from "../../../src/pivot/exec-by-trace.ts";

/** Makes the process PID execute PROGRAM with the following arguments, and prints the result. */
const [pid, ...program] = argv.slice(2);
const ports = { tracing: hostTracing, isExecuted: () => false };
const ended = execByTrace(Number(pid), program, uname().machine, ports);
write(1, JSON.stringify(ended.ok ? "taken" : ended.problem));
