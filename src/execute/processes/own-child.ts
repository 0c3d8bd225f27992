import { listOrNone } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader, Tasks } from "../../port/teardown.ts";
import { type ProcStat, parseProcStat } from "../../teardown/parse/proc-stat.ts";

/** The children of PID 1, by number, with their start times. */
export type OwnChildren = ReadonlyMap<number, string>;

/** The ports for finding them. */
export interface ProcessPorts {
  readonly reader: Reader;
  readonly tasks: Pick<Tasks, "listOwn">;
}

/** /proc/PID/stat of a process; undefined if it has exited. */
export function readStat(entry: string, reader: Reader): ProcStat | undefined {
  const text = attempt(() => reader.readText(`/proc/${entry}/stat`));
  return text === undefined ? undefined : parseProcStat(text);
}

/**
 * Whether one of its threads waits in the kernel for a device or a server, during which most signals
 * have no effect. Never blocks.
 */
export function isBlocked(pid: number, reader: Reader): boolean {
  const threads = listOrNone(`/proc/${pid}/task`, reader).map((thread) => `${pid}/task/${thread}`);
  return [`${pid}`, ...threads].some((entry) => readStat(entry, reader)?.isBlocked);
}

/**
 * Lists the children that PID 1 has started for its own work: this one, others running in parallel,
 * and abandoned ones. They are identified by pid, since any process can have the same name and
 * program. To be called as soon as a child starts: PID 1 may reap others later.
 */
export function readOwnChildren({ reader, tasks }: ProcessPorts): OwnChildren {
  return new Map(
    tasks.listOwn().map((pid) => [pid, readStat(String(pid), reader)?.startTime ?? ""]),
  );
}

export function isOwnChild({ pid, startTime }: ProcStat, own: OwnChildren): boolean {
  const known = own.get(pid);
  return known === "" || known === startTime;
}
