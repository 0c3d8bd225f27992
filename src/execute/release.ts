import { hasServer } from "../kinds/file-systems.ts";
import type { NodeId } from "../teardown/graph/node.ts";
import type { Outcome } from "../teardown/plan/outcome.ts";
import type { Plan } from "../teardown/plan/plan.ts";
import { isMute } from "../teardown/report/describe.ts";
import type { Limits } from "./deadline/limits.ts";
import type { Looker, View } from "./look.ts";
import type { Ports } from "./ports.ts";
import { runPlan } from "./run-plan.ts";

/** Callbacks for the progress of releasing. */
export interface Listener {
  onView(view: View): void;
  onOutcome(outcome: Outcome, view: View): void;
}

/** The result of releasing. */
export interface Released {
  /**
   * The last view; its plan's steps are what is left, or were when the kernel could last be
   * observed. Undefined if it never could.
   */
  readonly last: View | undefined;
  /** Nodes whose step hung, now or before. */
  readonly hung: ReadonlySet<NodeId>;
  /** Nodes that are not tried again. */
  readonly givenUp: ReadonlySet<NodeId>;
}

/**
 * Observes, plans, acts and observes again until nothing is left to release or
 * a round changed nothing. Progress is what the next look shows, never what a
 * call returned (an ioctl that "succeeds" for ever was the endless loop of
 * systemd 33415).
 *
 * Begins with `first` where the caller has looked already.
 */
export function release(
  look: Looker["look"],
  limits: Limits,
  before: Pick<Released, "hung" | "givenUp">,
  ports: Ports,
  listener: Listener,
  first?: View,
): Released {
  let { hung, givenUp } = before;
  let last: View | undefined;
  let left = Number.POSITIVE_INFINITY;
  let areGatesOpened = false;
  const run = (plan: Plan, view: View): void => {
    const onOutcome = (outcome: Outcome): void => listener.onOutcome(outcome, view);
    const now = runPlan({ ...view, plan }, limits, givenUp, ports, onOutcome);
    // A mount that hung has another attempt, which takes it off the tree.
    const again = now.filter((id) => !hung.has(id) && isDetachable(id, view));
    if (again.length > 0) left = Number.POSITIVE_INFINITY;
    hung = new Set([...hung, ...now]);
    givenUp = new Set([...givenUp, ...now.filter((id) => !again.includes(id))]);
  };
  for (;;) {
    // Even after the deadline for releasing: what is left must be known in order to save it.
    const view = last === undefined && first !== undefined ? first : look(hung);
    if (view === undefined) return { last, hung, givenUp };
    last = view;
    listener.onView(view);
    const now = countNodes(view.plan);
    if (view.plan.steps.length === 0 || now >= left || ports.clock.now() >= limits.releaseUntil) {
      return { last, hung, givenUp };
    }
    const gates = areGatesOpened ? undefined : planGates(view);
    if (gates === undefined) {
      left = now;
      run(view.plan, view);
    } else {
      areGatesOpened = true;
      run(gates, view);
    }
  }
}

/**
 * Only what opens a gate, where something did not answer: it may have waited for that, and how
 * it is released in full is known once it answers. Undefined where there is nothing to open.
 */
function planGates({ plan, graph }: View): Plan | undefined {
  if (![...graph.nodes.values()].some(isMute)) return undefined;
  const steps = plan.steps.filter(
    ({ step, after }) => step.kind === "dm-unblock" && after.length === 0,
  );
  return steps.length === 0 ? undefined : { ...plan, steps };
}

/** Whether the kernel can take it off the tree without an answer of its disk. */
function isDetachable(id: NodeId, { graph }: View): boolean {
  const node = graph.nodes.get(id);
  return node?.kind === "mount" && !hasServer(node.mount.fsType);
}

/** The nodes to be released, including those left for now, which breaking a cycle may free. */
function countNodes({ steps, stays }: Plan): number {
  const left = stays.filter(({ reason }) => reason.kind !== "own" && reason.kind !== "hardware");
  return steps.reduce((sum, planned) => sum + 1 + planned.also.length, left.length);
}
