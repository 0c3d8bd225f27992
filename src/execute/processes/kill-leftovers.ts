import { runAll, runTask, type TaskOutcome, type Work } from "../../observe/run-task.ts";
import { mayServeStorage, servesStorage } from "../../observe/storage-daemons.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Ports } from "../ports.ts";
import { waitUntil } from "../step/wait-until.ts";
import { abortConnections } from "./abort-connections.ts";
import { listProcesses, type Process } from "./list-processes.ts";
import { isBlocked, readOwnChildren } from "./own-child.ts";
import { readLines } from "./read-lines.ts";
import { removeSharedMemory } from "./remove-shared-memory.ts";
import { thawProcesses } from "./thaw.ts";

/** The processes that are left after killing. */
export interface Leftovers {
  /** The processes that could not be killed, or not yet. */
  readonly alive: readonly Process[];
  /** Whether a storage daemon may be among the surviving processes; true if that is not known. */
  readonly mayServeStorage: boolean;
}

/** A process that was found and handled. */
interface Met extends Process {
  /** It serves storage, and is left alone until that is released. */
  readonly isSpared?: boolean;
}

/** The messages of the child that kills, one per line. */
interface Line {
  /** The child is about to examine these processes, each of which may block for ever. */
  readonly open?: readonly Process[];
  readonly met?: Met;
  /** All processes that are alive at the end, including spared ones. */
  readonly alive?: readonly Met[];
}

const END_LIMIT_MS = 10_000;
const KILL_LIMIT_MS = 2_500;
const TERM_GRACE_MS = 2_000;
// A process that is alive after this may be waiting for an answer that never comes.
const STUCK_MS = 300;
// A killed process that waits for a device for so long is waited for later, when the rest has been
// released.
const BLOCKED_MS = 500;
const FIRST_MS = 4_000;
// The child writes a line this often, so it is examining a process if it is silent for longer.
const BEAT_MS = 100;
const SILENT_MS = 500;
const MAX_ROUNDS = 4;
// For a process that waits for a device. The argv of any other one may have been swapped out.
const EXAMINE_BLOCKED_MS = 800;
const EXAMINE_MS = 4_000;

/** Whether each process serves storage, by pid and start time. */
type Verdicts = ReadonlyMap<string, boolean>;

/**
 * The work of a child that kills every process but PID 1, kernel threads and storage daemons, to be
 * passed to `finishKilling`. Init has already sent them SIGTERM.
 *
 * The child may be silent for a moment only, because examining a process of root may block for ever.
 * Processes in `verdicts` are not examined.
 */
export function killingLeftovers(ports: Ports, verdicts: Verdicts = new Map()): Work {
  const action: Work["action"] = (send) => {
    thawProcesses(ports);
    return writeLine({ alive: killAtOnce(verdicts, ports, (line) => send(writeLine(line))) });
  };
  return { action, silentMs: SILENT_MS, firstMs: FIRST_MS };
}

/**
 * If a child got stuck, examines in parallel the processes that it did not get to, and starts another
 * one, until `until` at the latest (milliseconds of `ports.clock`).
 */
export function finishKilling(first: TaskOutcome, until: number, ports: Ports): Leftovers {
  let verdicts: Verdicts = new Map();
  let last = first;
  const end = Math.min(until, ports.clock.now() + END_LIMIT_MS);
  for (let round = 1; last.kind !== "done"; round += 1) {
    // It may have stopped the storage daemons, and the next child may need what they serve.
    attempt(() => ports.kernel.kill(-1, "SIGCONT"));
    if (round === MAX_ROUNDS || ports.clock.now() >= end) break;
    verdicts = new Map([...verdicts, ...examineOpen(last, end, ports)]);
    const killing = killingLeftovers(ports, verdicts);
    [last = last] = runAll([killing], end - ports.clock.now(), ports);
  }
  return readLeftovers(last);
}

/** Processes that cannot be examined in time do not count as storage daemons. */
function examineOpen(stuck: TaskOutcome, until: number, ports: Ports): Verdicts {
  const lines = readLines<Line>(stuck);
  const met = new Set(lines.flatMap((line) => (line.met === undefined ? [] : keyOf(line.met))));
  const open = lines.flatMap((line) => line.open ?? []).filter((one) => !met.has(keyOf(one)));
  const { reader, clock } = ports;
  const works = open.map(({ pid, command }): Work => {
    const action: Work["action"] = (send) => {
      if (!isBlocked(pid, reader)) send(" ");
      return JSON.stringify(servesStorage(String(pid), command, reader));
    };
    return { action, firstMs: EXAMINE_BLOCKED_MS, silentMs: EXAMINE_MS };
  });
  const ended = runAll(works, Math.max(0, until - clock.now()), ports);
  return new Map(
    open.map((one, index) => {
      const examined = ended[index];
      return [keyOf(one), examined?.kind === "done" && examined.output.trim() === "true"];
    }),
  );
}

function readLeftovers(ended: TaskOutcome): Leftovers {
  const alive = readAlive(ended);
  if (alive !== undefined) {
    return {
      alive: listUnspared(alive),
      mayServeStorage: alive.some(({ isSpared }) => isSpared),
    };
  }
  // It is not known whether they have died.
  const met = readLines<Line>(ended).flatMap((line) => line.met ?? []);
  return { alive: listUnspared(met), mayServeStorage: true };
}

/**
 * Ends the storage daemons, with SIGTERM first, until `until` at the latest (milliseconds of
 * `ports.clock`). Returns the processes that survived.
 */
export function endStorageDaemons(until: number, ports: Ports): readonly Process[] {
  const action = () => writeLine({ alive: endPolitely(ports) });
  const limitMs = Math.min(END_LIMIT_MS, until - ports.clock.now());
  return readAlive(runTask(action, limitMs, ports)) ?? [];
}

function listUnspared(met: readonly Met[]): readonly Process[] {
  return met.filter(({ isSpared }) => !isSpared);
}

function writeLine(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

/**
 * Reads the last line only: there is one line for each process before it. Our own child wrote them.
 */
function readAlive(ended: TaskOutcome): readonly Met[] | undefined {
  if (ended.kind !== "done") return undefined;
  return (JSON.parse(ended.output.split("\n").at(-2) ?? "{}") as Line).alive;
}

/** Returns all processes that are alive afterwards, including spared ones. */
function killAtOnce(verdicts: Verdicts, ports: Ports, send: (line: Line) => void): readonly Met[] {
  const { kernel, reader, clock } = ports;
  const own = readOwnChildren(ports);
  const known = new Map<string, Met>();
  const spared: number[] = [];
  let alive: readonly Met[] = [];
  const beat = createBeat(() => send({}), clock);
  const meet = (process: Process, isSpared: boolean): Met => {
    const met = { ...process, isSpared };
    known.set(keyOf(process), met);
    if (isSpared) spared.push(process.pid);
    attempt(() => kernel.kill(process.pid, isSpared ? "SIGCONT" : "SIGKILL"));
    send({ met });
    return met;
  };
  const judge = (process: Process): Met => {
    const known = verdicts.get(keyOf(process));
    return meet(process, known ?? servesStorage(String(process.pid), process.command, reader));
  };
  /** True if there was a process that was not known before. */
  const killNew = (): boolean => {
    const before = known.size;
    const found: Met[] = [];
    const open: Process[] = [];
    beat();
    listProcesses(own, reader, (process) => {
      beat();
      const met = known.get(keyOf(process));
      if (met !== undefined) found.push(met);
      // Kill first the processes that need not be examined.
      else if (mayServeStorage(String(process.pid), reader)) open.push(process);
      else found.push(meet(process, false));
    });
    if (open.length > 0) send({ open });
    alive = [...found, ...open.map(judge)];
    return known.size > before;
  };
  killNew();
  // A process that forks and exits before its entry is read escapes each list. A stopped process
  // does neither, and kill(2) for all processes is atomic with regard to fork(2).
  let isNew = true;
  const isOver = (): boolean => {
    // Not if there are storage daemons: a stop signal interrupts their system calls, and NBD_DO_IT
    // then closes its socket. Processes that escape the lists die with the daemons, in
    // `endPolitely`.
    if (isNew && spared.length === 0) stopAll([...own.keys()], ports);
    isNew = killNew();
    return !isNew && alive.every(({ isSpared }) => isSpared);
  };
  if (!waitUntil(isOver, STUCK_MS, ports)) {
    abortConnections(spared, alive.map(pidOf), ports, beat);
    let blockedAt = clock.now();
    const isOverOrBlocked = (): boolean => {
      if (isOver()) return true;
      const mayEnd = ({ pid, isSpared }: Met): boolean => !isSpared && !isBlocked(pid, reader);
      if (isNew || alive.some(mayEnd)) blockedAt = clock.now();
      return clock.now() - blockedAt >= BLOCKED_MS;
    };
    waitUntil(isOverOrBlocked, KILL_LIMIT_MS, ports);
  }
  removeSharedMemory(ports);
  return alive;
}

/** Returns a function that calls `beat`, but not more often than every `BEAT_MS`. */
function createBeat(beat: () => void, clock: Ports["clock"]): () => void {
  let last = clock.now();
  return () => {
    if (clock.now() - last < BEAT_MS) return;
    last = clock.now();
    beat();
  };
}

/** Stops every process; our own children are continued after some microseconds. */
function stopAll(needed: readonly number[], { kernel }: Ports): void {
  attempt(() => kernel.kill(-1, "SIGSTOP"));
  for (const pid of needed) attempt(() => kernel.kill(pid, "SIGCONT"));
}

/** Returns all processes that are alive afterwards. */
function endPolitely(ports: Ports): readonly Process[] {
  const { kernel, reader } = ports;
  const own = readOwnChildren(ports);
  let alive: Process[] = [];
  const isOver = (onFound: (process: Process) => void): boolean => {
    alive = [];
    listProcesses(own, reader, (process) => {
      alive.push(process);
      onFound(process);
    });
    return alive.length === 0;
  };
  const areGone = isOver(({ pid }) => {
    attempt(() => kernel.kill(pid, "SIGTERM"));
  });
  // Not those that appear now: they may be commands by which a daemon cleans up.
  if (!areGone) waitUntil(() => isOver(() => {}), TERM_GRACE_MS, ports);
  // Also kills processes that no list shows, because they fork and exit too fast.
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
