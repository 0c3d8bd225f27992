import type { NodeId } from "../teardown/graph/node.ts";
import type { Outcome } from "../teardown/plan/outcome.ts";
import type { Plan } from "../teardown/plan/plan.ts";
import { isMute } from "../teardown/report/describe.ts";
import type { Limits } from "./limits.ts";
import type { Looker, View } from "./look.ts";
import type { Ports } from "./ports.ts";
import { runPlan } from "./run-plan.ts";

/** Who hears how releasing goes on. */
export interface Listener {
  onView(view: View): void;
  onOutcome(outcome: Outcome, view: View): void;
}

/** What releasing came to. */
export interface Released {
  /**
   * The last view; its plan's steps are what is left, or were when the kernel could last be
   * observed. Undefined if it never could.
   */
  readonly last: View | undefined;
  /** What hung, now or before: it is not tried again. */
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
  givenUpBefore: ReadonlySet<NodeId>,
  ports: Ports,
  listener: Listener,
  first?: View,
): Released {
  let givenUp = givenUpBefore;
  let last: View | undefined;
  let left = Number.POSITIVE_INFINITY;
  let areGatesOpened = false;
  const run = (plan: Plan, view: View): void => {
    const onOutcome = (outcome: Outcome): void => listener.onOutcome(outcome, view);
    givenUp = new Set([...givenUp, ...runPlan(plan, limits, givenUp, ports, onOutcome)]);
  };
  for (;;) {
    // Also once the time for releasing is up: what is left has to be known to be saved.
    const view = last === undefined && first !== undefined ? first : look();
    if (view === undefined) return { last, givenUp };
    last = view;
    listener.onView(view);
    const now = countNodes(view.plan);
    if (now === 0 || now >= left || ports.clock.now() >= limits.releaseUntil) {
      return { last, givenUp };
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

function countNodes(plan: Plan): number {
  return plan.steps.reduce((sum, planned) => sum + 1 + planned.also.length, 0);
}
