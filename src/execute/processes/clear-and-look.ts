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
 * Kills what still runs and observes, side by side: killing frees what mounts
 * and devices are held by, and neither adds nor removes any that has a step.
 * If something vanished with a process nevertheless, its step notices.
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
      // Thousands of processes take seconds to find, too.
      Math.min(OBSERVE_LIMIT_MS, until - ports.clock.now()),
      ports,
      // Planned while the other child still kills. No child may be started in here.
      (index, result) => {
        if (index !== 0) return;
        try {
          early = looker.readWhole(result);
        } catch {
          // `complete` throws it again, when the child that kills can find no other one of ours.
        }
      },
    );
    if (killed === undefined || seen === undefined) throw new Error("two actions, less outcomes");
    return [seen, killed];
  };
  let [seen, killed] = beginWith();
  const roomUntil = ports.clock.now() + ROOM_LIMIT_MS;
  while (isWithoutRoom(killed) && ports.clock.now() < roomUntil) {
    console.warn("exitrd: killing all processes: cannot start a child process");
    // Does not block. Waiting reaps what has died of it.
    attempt(() => ports.kernel.kill(-1, "SIGKILL"));
    ports.tasks.wait(ROOM_WAIT_MS);
    [seen, killed] = beginWith();
  }
  // First: storage daemons that it has stopped go on, whose disks are asked next.
  const leftovers = finishKilling(killed, until, ports);
  return { leftovers, view: early ?? looker.complete(seen) };
}

/**
 * Processes have used up what one more needs. Without a child nothing can be released:
 * they must be killed, even if they serve storage.
 */
function isWithoutRoom(started: TaskOutcome): boolean {
  return started.kind === "error" && started.syscall === "fork";
}
