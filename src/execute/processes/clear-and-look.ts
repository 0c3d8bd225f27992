import { OBSERVE_LIMIT_MS } from "../../observe/complete.ts";
import { runAll, type TaskOutcome } from "../../observe/run-task.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Console } from "../../port/teardown.ts";
import type { Looker, View } from "../look.ts";
import type { Ports } from "../ports.ts";
import { finishKilling, killingLeftovers, type Leftovers } from "./kill-leftovers.ts";

const ROOM_LIMIT_MS = 5_000;
const ROOM_WAIT_MS = 500;

/** The state when no process of the old root is running any more. */
export interface Cleared {
  readonly leftovers: Leftovers;
  readonly view: View | undefined;
}

/**
 * Kills the remaining processes and observes in parallel: killing ends the users of mounts and
 * devices, but neither adds nor removes any that needs a step. If something vanishes with a process
 * nevertheless, its step notices that.
 */
export function clearAndLook(
  looker: Looker,
  until: number,
  ports: Ports,
  console: Console,
): Cleared {
  let early: View | undefined;
  const beginWith = (): readonly [TaskOutcome, TaskOutcome] => {
    const [seen, killed] = runAll(
      [looker.work, killingLeftovers(ports)],
      // Finding thousands of processes also takes seconds.
      Math.min(OBSERVE_LIMIT_MS, until - ports.clock.now()),
      ports,
      // Plans while the other child is still killing. No child may be started in this callback.
      (index, result) => {
        if (index !== 0) return;
        try {
          early = looker.readWhole(result);
        } catch {
          // `complete` throws it again later, when the killing has ended and another child may be
          // started.
        }
      },
    );
    if (killed === undefined || seen === undefined) throw new Error("two actions, less outcomes");
    return [seen, killed];
  };
  let [seen, killed] = beginWith();
  const roomUntil = Math.min(until, ports.clock.now() + ROOM_LIMIT_MS);
  for (let tries = 0; isWithoutRoom(killed) && ports.clock.now() < roomUntil; tries++) {
    if (tries === 0) console.warn("exitrd: killing all processes: cannot start a child process");
    ports.onTick();
    // Does not block. The wait reaps the killed processes.
    attempt(() => ports.kernel.kill(-1, "SIGKILL"));
    ports.tasks.wait(ROOM_WAIT_MS);
    [seen, killed] = beginWith();
  }
  // Before observing continues: it continues storage daemons that the child had stopped, and their
  // disks are queried next.
  const leftovers = finishKilling(killed, until, ports);
  return { leftovers, view: early ?? looker.complete(seen) };
}

/**
 * Whether a child could not be created because other processes use up a limit. Without children
 * nothing can be released, so all processes must be killed, even if they serve storage.
 */
function isWithoutRoom(started: TaskOutcome): boolean {
  return started.kind === "error" && started.syscall === "fork";
}
