import type { TaskOutcome } from "../../observe/run-task.ts";
import { runTask } from "../../observe/run-task.ts";
import { servesStorage } from "../../observe/storage-daemons.ts";
import type { Reader } from "../../port/reader.ts";
import { attempt } from "../../port/sys-error.ts";
import type { ProcStat } from "../../teardown/parse/proc-stat.ts";
import type { Ports } from "../ports.ts";
import { waitUntil } from "../step/wait-until.ts";
import { isOwnChild, readStat } from "./own-child.ts";
import { thawProcesses } from "./thaw.ts";

/** A process of the old root that is still there. */
export interface Process {
  readonly pid: number;
  readonly command: string;
  /** It serves storage: left alone until what it serves is released. */
  readonly servesStorage: boolean;
}

/** What is still there after a round of killing. */
export interface Leftovers {
  /** Those that were to die and did not: "name (pid)". */
  readonly names: readonly string[];
  /** Whether a storage daemon may be among what lives: true if nothing could be found out. */
  readonly mayServeStorage: boolean;
}

const END_LIMIT_MS = 10_000;
const STOP_LIMIT_MS = 6_000;
const KILL_LIMIT_MS = 2_500;
const TERM_GRACE_MS = 2_000;

/**
 * What a child does to kill every process but PID 1, kernel threads and storage
 * daemons, for `readLeftovers`: init has already asked them to end.
 *
 * In a child, because reading /proc/PID/cmdline of a process that is stuck with
 * its memory map locked never returns.
 */
export function killingLeftovers(ports: Ports): () => string {
  return () => {
    thawProcesses(ports);
    return JSON.stringify(endProcesses(isLeftover, "at once", ports));
  };
}

export function readLeftovers(ended: TaskOutcome): Leftovers {
  if (ended.kind !== "done") return { names: [], mayServeStorage: true };
  const alive = JSON.parse(ended.output) as readonly Process[];
  return {
    names: alive.filter(isLeftover).map(nameProcess),
    mayServeStorage: alive.some(({ servesStorage }) => servesStorage),
  };
}

/**
 * Ends the storage daemons, politely first, until `until` at the latest (milliseconds of
 * `ports.clock`). Returns the names of those that did not die.
 */
export function endStorageDaemons(until: number, ports: Ports): readonly string[] {
  const action = () => JSON.stringify(endProcesses(() => true, "politely", ports));
  const ended = runTask(action, Math.min(END_LIMIT_MS, until - ports.clock.now()), ports);
  if (ended.kind !== "done") return [];
  return (JSON.parse(ended.output) as readonly Process[]).map(nameProcess);
}

type Choice = (process: Process) => boolean;

function isLeftover({ servesStorage }: Process): boolean {
  return !servesStorage;
}

function nameProcess({ command, pid }: Process): string {
  return `${command} (${pid})`;
}

/** Returns all that live afterwards, meant or not. */
function endProcesses(
  isMeant: Choice,
  manner: "at once" | "politely",
  ports: Ports,
): readonly Process[] {
  const { kernel, reader } = ports;
  const known = new Map<number, Process>();
  const tell = ({ pid }: Process, signal: Signal): void => {
    attempt(() => kernel.kill(pid, signal));
  };
  /** Tells whoever was not known before, as soon as it is found: thousands take seconds to list. */
  const tellNew = (signal: Signal): boolean => {
    let isNew = false;
    findNew(known, reader, (process) => {
      if (!isMeant(process)) return;
      isNew = true;
      tell(process, signal);
    });
    return isNew;
  };
  const meant = (): readonly Process[] => [...known.values()].filter(isMeant);
  const waitForEnd = (signal: Signal, limitMs: number): boolean => {
    const isOver = (): boolean =>
      !tellNew(signal) && !meant().some((process) => isAlive(process, reader));
    return waitUntil(isOver, limitMs, ports);
  };
  // A fork bomb is faster than any list of it, and fills each place that one of it leaves. What is
  // stopped does not fork, and keeps its place.
  if (manner === "at once") waitUntil(() => !tellNew("SIGSTOP"), STOP_LIMIT_MS, ports);
  if (manner === "at once" || !waitForEnd("SIGTERM", TERM_GRACE_MS)) {
    for (const process of meant()) tell(process, "SIGKILL");
    waitForEnd("SIGKILL", KILL_LIMIT_MS);
  }
  return [...known.values()].filter((process) => isAlive(process, reader));
}

type Signal = "SIGTERM" | "SIGSTOP" | "SIGKILL";

/**
 * Finds every process but PID 1, its own children, kernel threads, what is dead already
 * and what is `known`; adds it there.
 */
function findNew(
  known: Map<number, Process>,
  reader: Reader,
  onFound: (process: Process) => void,
): void {
  const first = readStat("1", reader);
  for (const entry of attempt(() => reader.readDir("/proc")) ?? []) {
    if (!/^[0-9]+$/.test(entry) || entry === "1" || known.has(Number(entry))) continue;
    const stat = readStat(entry, reader);
    if (stat === undefined || isBeyondKilling(stat)) continue;
    if (isOwnChild(stat, first, reader)) continue;
    const { pid, command } = stat;
    const process = { pid, command, servesStorage: servesStorage(entry, command, reader) };
    known.set(pid, process);
    onFound(process);
  }
}

function isAlive({ pid, command }: Process, reader: Reader): boolean {
  const stat = readStat(String(pid), reader);
  return stat !== undefined && !isBeyondKilling(stat) && stat.command === command;
}

function isBeyondKilling({ isKernelThread, hasEnded }: ProcStat): boolean {
  return isKernelThread || hasEnded;
}
