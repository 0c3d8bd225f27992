import type { Snapshot } from "../../src/kinds/kinds.ts";
import { observeMachine } from "../../src/observe/complete.ts";
import type { Claims, Reader } from "../../src/port/teardown.ts";
import { FakeTasks } from "./fake-tasks.ts";

/** Observes like PID 1, but its children run immediately. */
export function observeFake(
  reader: Reader,
  claims: Claims | undefined,
  tasks = new FakeTasks(),
  silent: ReadonlySet<string> = new Set(),
): Snapshot {
  const ports = { reader, claims, tasks, clock: tasks.clock, onTick() {}, silent };
  const snapshot = observeMachine(Number.POSITIVE_INFINITY, ports);
  if (snapshot === undefined) throw new Error("nothing could be observed");
  return snapshot;
}
