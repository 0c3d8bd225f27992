import { nodeKindOf } from "../../kinds/kinds.ts";
import type { Attempts } from "../../teardown/plan/attempts.ts";
import { listServed } from "../../teardown/plan/list-served.ts";
import type { Policy } from "../../teardown/plan/policy.ts";
import type { Limits } from "../deadline/limits.ts";
import type { Looker, View } from "../look.ts";
import type { Ports } from "../ports.ts";
import { type Listener, type Released, release } from "../release.ts";

export interface Again {
  /** Makes a looker with more in its policy. */
  make(more: Partial<Policy>): Looker;
  /** See `createDyingWait`. */
  readonly awaitDying: () => boolean;
}

/**
 * After a storage daemon was killed, storage that it held may be free, and calls that waited for it
 * return, even those that blocked observing. If something is still left, it is tried once more without
 * holders that are only suspected. Returns the last view.
 */
export function releaseAgain(
  { last, attempts }: Released,
  isTouched: boolean,
  limits: Limits,
  ports: Ports,
  listener: Listener,
  { make, awaitDying }: Again,
): View | undefined {
  if (last !== undefined && last.plan.steps.length === 0 && !isTouched) return last;
  const served = last === undefined ? new Set() : listServed(last.plan, last.graph);
  const givenUp = new Set([...attempts.givenUp].filter((node) => !served.has(node)));
  const before: Attempts = { ...attempts, givenUp, serversEnded: true };
  const { look } = make({ serversEnded: true });
  const ended = release(look, limits, before, ports, listener, undefined, awaitDying);
  const view = ended.last ?? last;
  if (view === undefined || !isSuspicious(view)) return view;
  const lookAgain = make({ serversEnded: true, isLastAttempt: true }).look;
  return release(lookAgain, limits, ended.attempts, ports, listener).last ?? view;
}

/** Whether something waits for holders that are only suspected. */
function isSuspicious({ plan, graph }: View): boolean {
  return plan.steps.some(({ node }) => {
    const known = graph.nodes.get(node);
    return known !== undefined && nodeKindOf(known).hasSuspects === true;
  });
}
