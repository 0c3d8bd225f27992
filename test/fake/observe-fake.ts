import type { Snapshot } from "../../src/kinds/kinds.ts";
import { observeMachine } from "../../src/observe/complete.ts";
import type { Claims, Reader } from "../../src/port/teardown.ts";
import { FakeTasks } from "./fake-tasks.ts";

/** Observes as PID 1 does, with children that run at once. */
export function observeFake(
  reader: Reader,
  claims: Claims | undefined,
  tasks = new FakeTasks(),
): Snapshot {
  const ports = { reader, claims, tasks, clock: tasks.clock, onTick() {} };
  const snapshot = observeMachine(Number.POSITIVE_INFINITY, ports);
  if (snapshot === undefined) throw new Error("nothing could be observed");
  return snapshot;
}
