import type { TaskPorts } from "../../observe/run-task.ts";
import { isSysError } from "../../port/sys-error.ts";
import type { Console, TaskEnd, TaskResult } from "../../port/teardown.ts";

// For all children together. A lack of memory or of process IDs that lasts longer will not end.
const PATIENCE_MS = 3_000;
const AGAIN_MS = 250;

/**
 * Returns ports that try again to start a child if none can be created (EAGAIN, ENOMEM), since that
 * may be over in a moment: a step that cannot be tried leaves everything below it. They do so for some
 * seconds in all, until `until` at the latest (milliseconds of `ports.clock`), and ping the watchdog
 * meanwhile. After that, `start` throws immediately.
 */
export function waitForRoom<P extends TaskPorts>(until: number, ports: P, console: Console): P {
  const { tasks, clock } = ports;
  // Children that ended meanwhile, until the caller waits for them.
  const ended: TaskEnd[] = [];
  const find = (task: number): number => ended.findIndex((end) => end.task === task);
  let leftMs = PATIENCE_MS;
  let isSaid = false;
  const wait = (words: string): void => {
    if (!isSaid) console.warn(`exitrd: trying again: cannot start a child process: ${words}`);
    isSaid = true;
    const start = clock.now();
    ports.onTick();
    // Also reaps the processes that PID 1 inherits. One that ends makes room.
    ended.push(...tasks.wait(Math.min(AGAIN_MS, leftMs, until - start)));
    // At least something, in case the clock stands still.
    leftMs -= Math.max(1, clock.now() - start);
  };
  return {
    ...ports,
    tasks: {
      start(action) {
        for (;;) {
          try {
            return tasks.start(action);
          } catch (thrown) {
            if (!isSysError(thrown) || leftMs <= 0 || clock.now() >= until) throw thrown;
            wait(thrown.words);
          }
        }
      },
      wait: (timeoutMs) => (ended.length > 0 ? ended.splice(0) : tasks.wait(timeoutMs)),
      sent(task) {
        const end = ended[find(task)];
        return end === undefined ? tasks.sent(task) : readSent(end.result);
      },
      listOwn: () => tasks.listOwn(),
      abandon(task) {
        const index = find(task);
        if (index < 0) tasks.abandon(task);
        else ended.splice(index, 1);
      },
    },
  };
}

function readSent(result: TaskResult): string {
  if (result.kind === "done") return result.output;
  return result.kind === "crashed" ? (result.sent ?? "") : "";
}
