import type { Digest } from "../../image/manifest.ts";
import { changeLine, uncheckedLine } from "../../image/report/tree-lines.ts";
import type { TreeChange } from "../../image/tree-change.ts";
import { TICK_MS } from "../../observe/run-task.ts";
import type { FileReader } from "../../port/loader.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Clock, Console, TaskId, TaskResult, Tasks } from "../../port/teardown.ts";
import { findChange } from "./find-change.ts";

const MOST_STARTS = 2;

export interface CheckPorts {
  readonly tasks: Tasks;
  readonly clock: Clock;
  readonly onTick: () => void;
  readonly files: FileReader;
  readonly digests: { readonly sha256: Digest };
}

/** Searches the tree that this program runs from for changes since loading. */
export interface TreeCheck {
  /** The same tasks, for all other children that run meanwhile. */
  readonly tasks: Tasks;
  /** Does nothing if it is running or has ended. */
  start(): void;
  /** Waits until `until` at the latest, and reports the change. This is only a warning. */
  report(until: number, console: Console): void;
}

/**
 * Prepares a check in a child beside all others: it needs the CPU while the steps wait for disks and
 * the kernel.
 */
export function createTreeCheck(ports: CheckPorts): TreeCheck {
  const { tasks, clock, onTick, files, digests } = ports;
  let starts = 0;
  let task: TaskId | undefined;
  let result: TaskResult | undefined;
  const wait: Tasks["wait"] = (timeoutMs) =>
    tasks.wait(timeoutMs).filter((end) => {
      if (end.task !== task) return true;
      // Killed with the last processes, it is started once more.
      if (end.result.kind !== "crashed" || starts === MOST_STARTS) result = end.result;
      // The next child may get its process ID.
      task = undefined;
      return false;
    });
  const start = (): void => {
    if (task !== undefined || result !== undefined || starts >= MOST_STARTS) return;
    starts += 1;
    const action = (): string => JSON.stringify(findChange("", files, digests.sha256) ?? {});
    task = attempt(() => tasks.start(action));
  };
  return {
    tasks: {
      start: (action) => tasks.start(action),
      wait,
      sent: (other) => tasks.sent(other),
      listOwn: () => tasks.listOwn(),
      abandon: (other) => tasks.abandon(other),
    },
    start,
    report(until, console) {
      start();
      while (task !== undefined && clock.now() < until) {
        onTick();
        wait(Math.min(TICK_MS, until - clock.now()));
        start();
      }
      if (task !== undefined) tasks.abandon(task);
      task = undefined;
      reportChange(result, console);
    },
  };
}

function reportChange(result: TaskResult | undefined, console: Console): void {
  if (result?.kind !== "done") {
    console.warn(uncheckedLine());
    return;
  }
  const { path, what }: Partial<TreeChange> = JSON.parse(result.output);
  if (path !== undefined && what !== undefined) console.warn(changeLine({ path, what }));
}
