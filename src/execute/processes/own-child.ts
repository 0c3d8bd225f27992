import { attempt } from "../../port/sys-error.ts";
import type { Reader, Tasks } from "../../port/teardown.ts";
import { type ProcStat, parseProcStat } from "../../teardown/parse/proc-stat.ts";

/** The children of PID 1, by number, with their start times. */
export type OwnChildren = ReadonlyMap<number, string>;

/** What finding them takes. */
export interface ProcessPorts {
  readonly reader: Reader;
  readonly tasks: Pick<Tasks, "listOwn">;
}

/** /proc/PID/stat of a process; undefined if it has ended. */
export function readStat(entry: string, reader: Reader): ProcStat | undefined {
  const text = attempt(() => reader.readText(`/proc/${entry}/stat`));
  return text === undefined ? undefined : parseProcStat(text);
}

/**
 * The processes that PID 1 has started for its own work: this one, one at work beside it, or
 * one left behind. PID 1 knows their numbers; name and program are what any process can
 * have. To be called as soon as a child begins: later, PID 1 may have reaped one.
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
