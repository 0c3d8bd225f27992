import { type Attempts, addHung, changesPlan } from "../teardown/plan/attempts.ts";
import type { Outcome } from "../teardown/plan/outcome.ts";
import { countNodes, type Plan } from "../teardown/plan/plan.ts";
import { planGates } from "../teardown/plan/plan-gates.ts";
import type { Limits } from "./deadline/limits.ts";
import type { Running } from "./deadline/running.ts";
import type { Looker, View } from "./look.ts";
import type { Ports } from "./ports.ts";
import { createUserWait } from "./processes/wait-for-users.ts";
import { runPlan } from "./run-plan.ts";

/** Callbacks for the progress of releasing. */
export interface Listener {
  onView(view: View): void;
  onOutcome(outcome: Outcome, view: View): void;
  /** At least once a second: the step that has been running longest, and how many are running. */
  onWait(oldest: Running, count: number, now: number, view: View): void;
}

/** The result of releasing. */
export interface Released {
  /**
   * The last view, from when the kernel could last be observed; the steps of its plan are what is
   * left. Undefined if it could never be observed.
   */
  readonly last: View | undefined;
  /** What hung, in this call or before. */
  readonly attempts: Attempts;
}

/**
 * Observes, plans, acts and observes again, until nothing is left to release, or a round and a short
 * wait after it changed nothing. Progress is what the next observation shows, not what a call
 * returned: an ioctl that always "succeeds" caused the endless loop of systemd issue 33415.
 *
 * Starts with `first` if the caller has already observed. `awaitDying` is called before giving up, if
 * something was busy.
 */
export function release(
  look: Looker["look"],
  limits: Limits,
  before: Attempts,
  ports: Ports,
  listener: Listener,
  first?: View,
  awaitDying: () => boolean = () => false,
): Released {
  let attempts = before;
  let last: View | undefined;
  let left = Number.POSITIVE_INFINITY;
  let areGatesOpened = false;
  // Until the storage daemons have ended, one of them may be the holder.
  const usersUntil = before.serversEnded === true ? limits.releaseUntil : 0;
  const users = createUserWait(usersUntil, ports, awaitDying);
  const run = (plan: Plan, view: View): void => {
    const onOutcome = (outcome: Outcome): void => listener.onOutcome(users.note(outcome), view);
    const onWait = (oldest: Running, count: number): void =>
      listener.onWait(oldest, count, ports.clock.now(), view);
    const given = { ...view, plan };
    const hung = runPlan(given, limits, attempts.givenUp, ports, onOutcome, onWait);
    if (hung.some((one) => changesPlan(one, attempts))) left = Number.POSITIVE_INFINITY;
    attempts = addHung(attempts, hung);
  };
  for (;;) {
    // Observes even after the deadline for releasing: saving must know what is left.
    const view = last === undefined && first !== undefined ? first : look(attempts);
    if (view === undefined) return { last, attempts };
    last = view;
    listener.onView(view);
    const now = countNodes(view.plan);
    const isOver = view.plan.steps.length === 0 || ports.clock.now() >= limits.releaseUntil;
    if (isOver || (now >= left && !users.wait())) return { last, attempts };
    const gates: Plan | undefined = areGatesOpened ? undefined : planGates(view.plan, view.graph);
    areGatesOpened ||= gates !== undefined;
    if (gates === undefined) left = now;
    run(gates ?? view.plan, view);
  }
}
