import type { NodeId } from "../teardown/graph/node.ts";
import type { Outcome } from "../teardown/plan/outcome.ts";
import type { Plan } from "../teardown/plan/plan.ts";
import type { Policy } from "../teardown/plan/policy.ts";
import type { Limits } from "./limits.ts";
import { look, type View } from "./look.ts";
import type { Ports } from "./ports.ts";
import { runPlan } from "./run-plan.ts";

/** What is told while releasing goes on. */
export interface Listener {
  onView(view: View): void;
  onOutcome(outcome: Outcome, view: View): void;
}

/**
 * Observes, plans, acts and observes again until nothing is left to release or
 * a round changed nothing. Progress is what the next look shows, never what a
 * call returned (an ioctl that "succeeds" for ever was the endless loop of
 * systemd 33415).
 *
 * Begins with `first` where the caller has looked already.
 *
 * Returns the last view; its plan's steps are what is left, or were when the
 * kernel could last be observed. Undefined if it never could.
 */
export function release(
  policy: Policy,
  limits: Limits,
  givenUp: Set<NodeId>,
  ports: Ports,
  listener: Listener,
  first?: View,
): View | undefined {
  let last: View | undefined;
  let left = Number.POSITIVE_INFINITY;
  for (;;) {
    // Also once the time for releasing is up: what is left has to be known to be saved.
    const view =
      last === undefined && first !== undefined ? first : look(policy, limits.saveUntil, ports);
    if (view === undefined) return last;
    last = view;
    listener.onView(view);
    const now = countNodes(view.plan);
    if (now === 0 || now >= left || ports.clock.now() >= limits.releaseUntil) return view;
    left = now;
    runPlan(view.plan, limits, givenUp, ports, (outcome) => listener.onOutcome(outcome, view));
  }
}

function countNodes(plan: Plan): number {
  return plan.steps.reduce((sum, planned) => sum + 1 + planned.also.length, 0);
}
