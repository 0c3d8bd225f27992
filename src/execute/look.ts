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
import { type Attempts, NOTHING_HUNG } from "../teardown/plan/attempts.ts";
import { makePlan } from "../teardown/plan/make-plan.ts";
import type { Plan } from "../teardown/plan/plan.ts";
import type { Policy } from "../teardown/plan/policy.ts";
import type { Ports } from "./ports.ts";

/** A snapshot of the machine, with the graph and the plan made from it. */
export interface View {
  readonly snapshot: Snapshot;
  readonly graph: Graph<Node>;
  readonly plan: Plan;
}

/** Observes and plans, always with the same policy, each time until `until` at the latest. */
export interface Looker {
  /**
   * Observes everything and plans, given the nodes that hung before. Undefined if not even the text
   * of /proc and /sys could be read in time.
   */
  look(attempts: Attempts): View | undefined;
  /** The work of the first child, for callers that run another child in parallel. */
  readonly work: Work;
  /** The view, if that child answered everything; undefined if further children must ask. */
  readWhole(seen: TaskOutcome): View | undefined;
  /** The view after further children have asked for what that child did not answer. */
  complete(seen: TaskOutcome): View | undefined;
}

export function createLooker(policy: Policy, until: () => number, ports: Ports): Looker {
  let silent: ReadonlySet<string> = new Set();
  // Inside the exitrd no other program could be disturbed by a claim.
  const portsNow = (): ObservePorts => ({ ...ports, claims: ports.reader, silent });
  const makeView = (
    snapshot: Snapshot | undefined,
    { hung, stuck } = NOTHING_HUNG,
  ): View | undefined => {
    if (snapshot === undefined) return undefined;
    silent = new Set(snapshot.devices.filter(({ mute }) => mute).map(({ name }) => name));
    const graph = buildGraph(snapshot);
    return { snapshot, graph, plan: makePlan(graph, { ...policy, hung, stuck }) };
  };
  return {
    look: (attempts) => makeView(observeMachine(until(), portsNow()), attempts),
    work: observing(portsNow()),
    readWhole: (seen) => makeView(readWhole(seen, {})),
    complete: (seen) => makeView(completeSnapshot(seen, until(), portsNow())),
  };
}
