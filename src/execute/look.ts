import type { Node, Snapshot } from "../kinds/kinds.ts";
import {
  completeSnapshot,
  type ObservePorts,
  observeMachine,
  observing,
  readWhole,
} from "../observe/complete.ts";
import type { TaskOutcome, Work } from "../observe/run-task.ts";
import { buildGraph } from "../teardown/graph/build-graph.ts";
import type { Graph } from "../teardown/graph/graph.ts";
import type { NodeId } from "../teardown/graph/node.ts";
import { makePlan } from "../teardown/plan/make-plan.ts";
import type { Plan } from "../teardown/plan/plan.ts";
import type { Policy } from "../teardown/plan/policy.ts";
import type { Ports } from "./ports.ts";

/** The machine at one moment, and what that means. */
export interface View {
  readonly snapshot: Snapshot;
  readonly graph: Graph<Node>;
  readonly plan: Plan;
}

/** Observes and plans, always by the same policy, each time until `until` at the latest. */
export interface Looker {
  /**
   * The whole of it, planned for what hung before. Undefined where the kernel gave no answer in
   * time or none at all.
   */
  look(hung: ReadonlySet<NodeId>): View | undefined;
  /** The work of the first child, for callers that run another child in parallel. */
  readonly work: Work;
  /** The view, if that child answered everything; undefined if further children must ask. */
  readWhole(seen: TaskOutcome): View | undefined;
  /** A view of what that child has said, once others have been asked for the rest. */
  complete(seen: TaskOutcome): View | undefined;
}

export function createLooker(policy: Policy, until: () => number, ports: Ports): Looker {
  // Inside the exitrd no other program needs a device.
  const observePorts: ObservePorts = { ...ports, claims: ports.reader };
  const makeView = (
    snapshot: Snapshot | undefined,
    hung?: ReadonlySet<NodeId>,
  ): View | undefined => {
    if (snapshot === undefined) return undefined;
    const graph = buildGraph(snapshot);
    const now = hung === undefined ? policy : { ...policy, hung };
    return { snapshot, graph, plan: makePlan(graph, now) };
  };
  return {
    look: (hung) => makeView(observeMachine(until(), observePorts), hung),
    work: observing(observePorts),
    readWhole: (seen) => makeView(readWhole(seen)),
    complete: (seen) => makeView(completeSnapshot(seen, until(), observePorts)),
  };
}
