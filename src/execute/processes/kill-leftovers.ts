import { runAll, runTask, type TaskOutcome, type Work } from "../../observe/run-task.ts";
import { mayBeRoots, servesStorage } from "../../observe/storage-daemons.ts";
import { attempt } from "../../port/sys-error.ts";
import { quote } from "../../text/show-bytes.ts";
import type { Ports } from "../ports.ts";
import { waitUntil } from "../step/wait-until.ts";
import { abortConnections } from "./abort-connections.ts";
import { listProcesses, type Process } from "./list-processes.ts";
import { readOwnChildren } from "./own-child.ts";
import { removeSharedMemory } from "./remove-shared-memory.ts";
import { thawProcesses } from "./thaw.ts";

/** What is still there after a round of killing. */
export interface Leftovers {
  /** Those that were to die and did not: "'name' (pid)". */
  readonly names: readonly string[];
  /** Whether a storage daemon may be among what lives: true if nothing could be found out. */
  readonly mayServeStorage: boolean;
}

/** A process that the killing has met. */
interface Met extends Process {
  /** It serves storage: left alone until what it serves is released. */
  readonly isSpared?: boolean;
}

/** The messages of the child that kills, one per line. */
interface Line {
  /** It is about to look at this process, which may block for ever. */
  readonly looksAt?: number;
  readonly met?: Met;
  /** All that are alive at the end, spared ones included. */
  readonly alive?: readonly Met[];
}

const END_LIMIT_MS = 10_000;
const KILL_LIMIT_MS = 2_500;
const TERM_GRACE_MS = 2_000;
// What is alive after that may be waiting for an answer that will never come.
const STUCK_MS = 300;
// Longer than its silent waits for processes to end.
const SILENT_MS = 4_000;
const MAX_ROUNDS = 4;

/**
 * What a child does to kill every process but PID 1, kernel threads and storage daemons, for
 * `finishKilling`: init has already asked them to end.
 *
 * In a child that may be silent for some seconds only, since looking at a process of root can
 * take for ever. Those in `stuck` are killed without a look.
 */
export function killingLeftovers(ports: Ports, stuck: ReadonlySet<number> = new Set()): Work {
  const action: Work["action"] = (send) => {
    thawProcesses(ports);
    return writeLine({ alive: killAtOnce(stuck, ports, (line) => send(writeLine(line))) });
  };
  return { action, silentMs: SILENT_MS, firstMs: SILENT_MS };
}

/**
 * Where a child got stuck, starts another that kills without looking at that process, until `until`
 * at the latest (milliseconds of `ports.clock`).
 */
export function finishKilling(first: TaskOutcome, until: number, ports: Ports): Leftovers {
  const stuck = new Set<number>();
  let last = first;
  for (let round = 1; last.kind !== "done"; round += 1) {
    // It may have left the storage daemons stopped, and the next child may need what they serve.
    attempt(() => ports.kernel.kill(-1, "SIGCONT"));
    const limitMs = Math.min(END_LIMIT_MS, until - ports.clock.now());
    if (round === MAX_ROUNDS || limitMs <= 0) break;
    // The last one: those before it have answered.
    for (const { looksAt } of readLines(last).slice(-1)) if (looksAt) stuck.add(looksAt);
    [last = last] = runAll([killingLeftovers(ports, stuck)], limitMs, ports);
  }
  return readLeftovers(last);
}

function readLeftovers(ended: TaskOutcome): Leftovers {
  const alive = readAlive(ended);
  if (alive !== undefined) {
    return {
      names: nameLeftovers(alive),
      mayServeStorage: alive.some(({ isSpared }) => isSpared),
    };
  }
  // Whether they have died, nobody knows.
  const met = readLines(ended).flatMap((line) => line.met ?? []);
  return { names: nameLeftovers(met), mayServeStorage: true };
}

/**
 * Ends the storage daemons, politely first, until `until` at the latest (milliseconds of
 * `ports.clock`). Returns the names of those that did not die.
 */
export function endStorageDaemons(until: number, ports: Ports): readonly string[] {
  const action = () => writeLine({ alive: endPolitely(ports) });
  const limitMs = Math.min(END_LIMIT_MS, until - ports.clock.now());
  return nameLeftovers(readAlive(runTask(action, limitMs, ports)) ?? []);
}

function nameLeftovers(met: readonly Met[]): readonly string[] {
  return met.flatMap(({ command, pid, isSpared }) =>
    isSpared ? [] : `${quote(command)} (${pid})`,
  );
}

function writeLine(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

/** Our own child wrote them. The last line alone: there is one for each process before it. */
function readAlive(ended: TaskOutcome): readonly Met[] | undefined {
  if (ended.kind !== "done") return undefined;
  return (JSON.parse(ended.output.split("\n").at(-2) ?? "{}") as Line).alive;
}

/** What one sent that did not come to its end; its last line perhaps in part. */
function readLines(ended: TaskOutcome): readonly Line[] {
  const text = ended.kind === "hung" || ended.kind === "crashed" ? ended.sent : undefined;
  const lines = (text ?? "").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Line);
}

/** Returns all that live afterwards, meant to or not. */
function killAtOnce(
  stuck: ReadonlySet<number>,
  ports: Ports,
  tell: (line: Line) => void,
): readonly Met[] {
  const { kernel, reader } = ports;
  const own = readOwnChildren(ports);
  const known = new Map<string, Met>();
  const spared: number[] = [];
  let alive: readonly Met[] = [];
  const meet = (process: Process, isSpared: boolean): Met => {
    const met = { ...process, isSpared };
    known.set(keyOf(process), met);
    if (isSpared) spared.push(process.pid);
    attempt(() => kernel.kill(process.pid, isSpared ? "SIGCONT" : "SIGKILL"));
    tell({ met });
    return met;
  };
  const judge = (process: Process): Met => {
    const { pid, command } = process;
    if (stuck.has(pid)) return meet(process, false);
    tell({ looksAt: pid });
    return meet(process, servesStorage(String(pid), command, reader));
  };
  /** True if it met any that it had not met before. */
  const killNew = (): boolean => {
    const before = known.size;
    const found: Met[] = [];
    const open: Process[] = [];
    listProcesses(own, reader, (process) => {
      const met = known.get(keyOf(process));
      if (met !== undefined) found.push(met);
      // First those that need no look.
      else if (mayBeRoots(String(process.pid), reader)) open.push(process);
      else found.push(meet(process, false));
    });
    alive = [...found, ...open.map(judge)];
    return known.size > before;
  };
  killNew();
  // A list of processes is outrun by one that forks and ends before its number is read.
  // What is stopped does neither, and kill(2) of all is one step to whoever forks.
  let isNew = true;
  const isOver = (): boolean => {
    // A stop interrupts what a server of storage waits in, and NBD_DO_IT then closes its socket. What
    // outruns the lists beside one dies with it, in `endPolitely`.
    if (isNew && spared.length === 0) stopAll([...own.keys()], ports);
    isNew = killNew();
    return !isNew && alive.every(({ isSpared }) => isSpared);
  };
  if (!waitUntil(isOver, STUCK_MS, ports)) {
    abortConnections(spared, alive.map(pidOf), ports);
    waitUntil(isOver, KILL_LIMIT_MS, ports);
  }
  removeSharedMemory(ports);
  return alive;
}

/** Stops every process, those that work for us for some microseconds only. */
function stopAll(needed: readonly number[], { kernel }: Ports): void {
  attempt(() => kernel.kill(-1, "SIGSTOP"));
  for (const pid of needed) attempt(() => kernel.kill(pid, "SIGCONT"));
}

/** Returns all that live afterwards. */
function endPolitely(ports: Ports): readonly Process[] {
  const { kernel, reader } = ports;
  const own = readOwnChildren(ports);
  const asked = new Set<string>();
  let alive: Process[] = [];
  const isOver = (onFound: (process: Process) => void): boolean => {
    alive = [];
    listProcesses(own, reader, (process) => {
      alive.push(process);
      onFound(process);
    });
    return alive.length === 0;
  };
  const ask = (process: Process): void => {
    if (asked.has(keyOf(process))) return;
    asked.add(keyOf(process));
    attempt(() => kernel.kill(process.pid, "SIGTERM"));
  };
  waitUntil(() => isOver(ask), TERM_GRACE_MS, ports);
  // Also of what no list shows, since it forks and ends too fast.
  const killAll = (): boolean => {
    attempt(() => kernel.kill(-1, "SIGKILL"));
    return isOver(() => {});
  };
  if (!waitUntil(killAll, STUCK_MS, ports)) {
    abortConnections([], alive.map(pidOf), ports);
    waitUntil(killAll, KILL_LIMIT_MS, ports);
  }
  return alive;
}

function pidOf({ pid }: Process): number {
  return pid;
}

function keyOf({ pid, startTime }: Process): string {
  return `${pid} ${startTime}`;
}
