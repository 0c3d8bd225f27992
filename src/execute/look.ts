import { buildGraph } from "../core/graph/build-graph.ts";
import type { Graph } from "../core/graph/graph.ts";
import { makePlan } from "../core/plan/make-plan.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { Policy } from "../core/plan/policy.ts";
import type { Snapshot } from "../core/snapshot.ts";
import {
  completeSnapshot,
  type ObservePorts,
  observeMachine,
  observing,
  readWhole,
} from "../observe/complete.ts";
import type { TaskOutcome, Work } from "../observe/run-task.ts";
import type { Ports } from "./ports.ts";

/** The machine at one moment, and what that means. */
export interface View {
  readonly snapshot: Snapshot;
  readonly graph: Graph;
  readonly plan: Plan;
}

/** Observes and plans. Undefined where the kernel gave no answer in time or none at all. */
export function look(policy: Policy, until: number, ports: Ports): View | undefined {
  const snapshot = observeMachine(until, toObserve(ports));
  return snapshot && makeView(snapshot, policy);
}

/** What a child does to observe, for `readView` and `readWholeView`. */
export function looking(ports: Ports): Work {
  return observing(toObserve(ports));
}

/** Plans for what a child has observed, once what it could not say is asked in others. */
export function readView(
  seen: TaskOutcome,
  policy: Policy,
  until: number,
  ports: Ports,
): View | undefined {
  const snapshot = completeSnapshot(seen, until, toObserve(ports));
  return snapshot && makeView(snapshot, policy);
}

/** The same where the child has said all; undefined where others have to be asked. */
export function readWholeView(seen: TaskOutcome, policy: Policy): View | undefined {
  const snapshot = readWhole(seen);
  return snapshot && makeView(snapshot, policy);
}

/** Inside the exitrd nobody else wants a device. */
function toObserve(ports: Ports): ObservePorts {
  return { ...ports, claims: ports.reader };
}

function makeView(snapshot: Snapshot, policy: Policy): View {
  const graph = buildGraph(snapshot);
  return { snapshot, graph, plan: makePlan(graph, policy) };
}
