import { readAllProgress } from "../../observe/progress.ts";
import { runAll } from "../../observe/run-task.ts";
import type { Console } from "../../port/teardown.ts";
import type { Ports } from "../ports.ts";
import { waitUntil } from "../step/wait-until.ts";
import { isEnded } from "./end-process.ts";
import { nameProcess, type Process } from "./list-processes.ts";

// A dead disk costs this much.
const STANDSTILL_MS = 5_000;
const LOOK_MS = 1_000;

/**
 * Returns those that have not ended, until `until` at the latest (milliseconds of `ports.clock`); all
 * of them if that cannot be found out. Waits until one more has ended, for at most `waitMs`, or until
 * nothing was written anywhere for 5 s.
 */
export function dropEnded(
  processes: readonly Process[],
  waitMs: number,
  until: number,
  ports: Ports,
): readonly Process[] {
  if (processes.length === 0) return processes;
  const { reader, clock } = ports;
  const action = (): string => {
    let alive = processes;
    const isChanged = (): boolean => {
      alive = processes.filter((one) => !isEnded({ ...one, name: one.command }, reader));
      return alive.length < processes.length;
    };
    waitUntil(isChanged, waitMs, ports);
    return JSON.stringify(alive);
  };
  const work = { action, firstMs: STANDSTILL_MS, measure: () => readAllProgress(reader) };
  const limitMs = Math.min(Math.max(waitMs, LOOK_MS), until - clock.now());
  const [looked] = runAll([work], limitMs, ports);
  return looked?.kind === "done" ? (JSON.parse(looked.output) as readonly Process[]) : processes;
}

/**
 * Returns a function that waits until one more of these processes has ended, at `until` at the latest
 * (milliseconds of `ports.clock`), and returns whether one has. A killed process keeps a mount until
 * its last write has ended, which may take as long as data moves: /proc does not show its files any
 * more.
 */
export function createDyingWait(
  processes: readonly Process[],
  until: number,
  ports: Ports,
  console: Console,
): () => boolean {
  let dying = processes;
  return () => {
    const waitMs = until - ports.clock.now();
    if (dying.length === 0 || waitMs <= 0) return false;
    console.warn(`exitrd: waiting for ${dying.map(nameProcess).join(", ")} to exit`);
    const { length } = dying;
    dying = dropEnded(dying, waitMs, until, ports);
    return dying.length < length;
  };
}
