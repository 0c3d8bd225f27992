import type { NodeId } from "../graph/node.ts";
import type { PlannedStep } from "./plan.ts";

/** What hung so far, and what that means for the next plan. */
export interface Attempts {
  /** Nodes whose step hung. */
  readonly hung: ReadonlySet<NodeId>;
  /** The mounts among them that hung even while they were being detached. */
  readonly stuck: ReadonlySet<NodeId>;
  /** Nodes that are not tried again. */
  readonly givenUp: ReadonlySet<NodeId>;
  /** The storage daemons were stopped, so MNT_FORCE may be used. */
  readonly serversEnded?: true;
}

const NONE: ReadonlySet<NodeId> = new Set();
export const NOTHING_HUNG: Attempts = { hung: NONE, stuck: NONE, givenUp: NONE };

/** Adds steps that hung. */
export function addHung(attempts: Attempts, steps: readonly PlannedStep[]): Attempts {
  const { hung, stuck, givenUp } = attempts;
  const last = steps.filter((planned) => !isDetachable(planned, attempts));
  return {
    ...attempts,
    hung: addNodes(hung, steps),
    stuck: addNodes(stuck, steps.filter(isDetaching)),
    givenUp: addNodes(givenUp, last),
  };
}

/** Whether the next plan may release more because of a step that hung. */
export function changesPlan(planned: PlannedStep, attempts: Attempts): boolean {
  if (isDetachable(planned, attempts)) return true;
  return attempts.serversEnded === true && isDetaching(planned);
}

/** Whether it is a mount that the next plan detaches. */
function isDetachable({ step }: PlannedStep, { serversEnded }: Attempts): boolean {
  return step.kind === "umount" && !step.lazy && (!step.served || serversEnded === true);
}

function isDetaching({ step }: PlannedStep): boolean {
  return step.kind === "umount" && step.lazy;
}

function addNodes(nodes: ReadonlySet<NodeId>, steps: readonly PlannedStep[]): ReadonlySet<NodeId> {
  return new Set([...nodes, ...steps.map(({ node }) => node)]);
}
