import { ALWAYS_DUMP_PATH, PSTORE_BACKENDS, readPstore } from "../../observe/read-pstore.ts";
import { runTask, type TaskPorts } from "../../observe/run-task.ts";
import type { Digests } from "../../port/loader.ts";
import type { Console, Kernel, Reader } from "../../port/teardown.ts";
import {
  type KeepProblem,
  keepProblemLine,
  loggedLine,
} from "../../teardown/record/describe-keeping.ts";
import { encodeLogLines, LOG_PRIORITY } from "../../teardown/record/log-lines.ts";
import type { ShutdownRecord } from "../../teardown/record/record.ts";
import { readBootId, readEnd } from "./read-end.ts";

const KMSG = "/dev/kmsg";
const DEVKMSG_PATH = "/proc/sys/kernel/printk_devkmsg";

export interface LogPorts extends TaskPorts {
  readonly reader: Reader;
  readonly kernel: Pick<Kernel, "write">;
  readonly digests: Pick<Digests, "sha256">;
}

/**
 * Writes the record to the kernel log, and has the kernel dump that to pstore in reboot(2). Prints
 * nothing if pstore has no backend that can keep it. Takes `limitMs` at most.
 */
export function logRecord(
  record: ShutdownRecord,
  limitMs: number,
  ports: LogPorts,
  console: Console,
): void {
  const ended = runTask(() => writeToLog(record, ports), limitMs, ports);
  if (ended.kind === "done" && ended.output === "") return;
  if (ended.kind === "done" && PSTORE_BACKENDS.includes(ended.output)) {
    console.info(loggedLine(record.verdict, ended.output));
    return;
  }
  const problem = readEnd(ended, limitMs);
  if (problem !== undefined) console.warn(keepProblemLine("pstore", problem));
}

/**
 * Runs in a child. Returns the name of the backend if the record was logged, "" if there is none, or
 * the kind of the problem.
 */
function writeToLog(record: ShutdownRecord, ports: LogPorts): string {
  const { reader, kernel, digests } = ports;
  const backend = readPstore(reader);
  if (backend?.ok !== true) return "";
  // "ratelimit" would drop lines, and "off" all of them, without an error.
  if (reader.readText(DEVKMSG_PATH).trim() !== "on") return problem("not-logged");
  const lines = encodeLogLines(record, readBootId(reader), digests.sha256);
  if (lines === undefined) return problem("too-long");
  for (const line of lines) kernel.write(KMSG, `${LOG_PRIORITY}${line}\n`);
  kernel.write(ALWAYS_DUMP_PATH, "Y");
  return reader.readText(ALWAYS_DUMP_PATH).trim() === "Y" ? backend.value : problem("not-dumped");
}

function problem(kind: KeepProblem["kind"]): string {
  return kind;
}
