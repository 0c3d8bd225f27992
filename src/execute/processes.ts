import { type ProcStat, parseProcStat } from "../core/parse/proc-stat.ts";
import { servesStorage } from "../observe/storage-daemons.ts";
import type { Reader } from "../port/reader.ts";
import { attempt } from "../port/sys-error.ts";
import { isOwnChild } from "./own-child.ts";
import type { Ports } from "./ports.ts";
import { runTask, type TaskOutcome } from "./run-task.ts";
import { waitUntil } from "./wait-until.ts";

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

const END_LIMIT_MS = 5_000;
const STOP_LIMIT_MS = 1_500;
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
  return () => JSON.stringify(endProcesses(isLeftover, "at once", ports));
}

export function readLeftovers(ended: TaskOutcome): Leftovers {
  if (ended.kind !== "done") return { names: [], mayServeStorage: true };
  const alive = JSON.parse(ended.output) as readonly Process[];
  return {
    names: alive.filter(isLeftover).map(nameProcess),
    mayServeStorage: alive.some(({ servesStorage }) => servesStorage),
  };
}

/** Ends the storage daemons, politely first. Returns the names of those that did not die. */
export function endStorageDaemons(ports: Ports): readonly string[] {
  const action = () => JSON.stringify(endProcesses(() => true, "politely", ports));
  const ended = runTask(action, END_LIMIT_MS, ports);
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
  let alive = listProcesses(reader, []);
  const lookAgain = (): void => {
    alive = listProcesses(reader, alive);
  };
  const signalAll = (signal: "SIGTERM" | "SIGSTOP" | "SIGKILL", told: Set<number>): number => {
    const untold = alive.filter((process) => isMeant(process) && !told.has(process.pid));
    for (const { pid } of untold) {
      attempt(() => kernel.kill(pid, signal));
      told.add(pid);
    }
    return untold.length;
  };
  /** Says it to those that came later, too. */
  const sayUntilOver = (signal: "SIGTERM" | "SIGKILL", limitMs: number): void => {
    const told = new Set<number>();
    const isOver = (): boolean => {
      signalAll(signal, told);
      lookAgain();
      return !alive.some(isMeant);
    };
    waitUntil(isOver, limitMs, ports);
  };
  // A fork bomb is faster than any list of it, and fills each place that one of it leaves. What is
  // stopped does not fork, and keeps its place.
  const stopAll = (): void => {
    const told = new Set<number>();
    const areStopped = (): boolean => {
      const isNew = signalAll("SIGSTOP", told) > 0;
      if (isNew) lookAgain();
      return !isNew;
    };
    waitUntil(areStopped, STOP_LIMIT_MS, ports);
  };
  if (!alive.some(isMeant)) return alive;
  if (manner === "at once") stopAll();
  else sayUntilOver("SIGTERM", TERM_GRACE_MS);
  if (alive.some(isMeant)) sayUntilOver("SIGKILL", KILL_LIMIT_MS);
  return alive;
}

/**
 * Every process but PID 1, its own children, kernel threads and what is dead
 * already. What `known` says of one is not looked up again.
 */
function listProcesses(reader: Reader, known: readonly Process[]): readonly Process[] {
  const knownByPid = new Map(known.map((process) => [process.pid, process]));
  const first = readStat("1", reader);
  const found: Process[] = [];
  for (const entry of attempt(() => reader.readDir("/proc")) ?? []) {
    if (!/^[0-9]+$/.test(entry) || entry === "1") continue;
    const stat = readStat(entry, reader);
    if (stat === undefined || isBeyondKilling(stat)) continue;
    if (stat.command === first?.command && isOwnChild(stat, reader)) continue;
    const { pid, command } = stat;
    const before = knownByPid.get(pid);
    found.push(
      before?.command === command
        ? before
        : { pid, command, servesStorage: servesStorage(entry, command, reader) },
    );
  }
  return found;
}

function readStat(entry: string, reader: Reader): ProcStat | undefined {
  const text = attempt(() => reader.readText(`/proc/${entry}/stat`));
  return text === undefined ? undefined : parseProcStat(text);
}

function isBeyondKilling({ isKernelThread, state }: ProcStat): boolean {
  return isKernelThread || state === "Z" || state === "X";
}
