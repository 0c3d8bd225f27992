import { type Node, nodeKindOf } from "../../kinds/kinds.ts";
import { listKept } from "../../kinds/mount/list-kept.ts";
import { isApiMount } from "../../kinds/mount/node.ts";
import type { Console } from "../../port/teardown.ts";
import { getNode } from "../../teardown/graph/graph.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import type { Attempts } from "../../teardown/plan/attempts.ts";
import { dropWeakEdges } from "../../teardown/plan/holding.ts";
import { listServed } from "../../teardown/plan/list-served.ts";
import type { Stay } from "../../teardown/plan/plan.ts";
import type { Policy } from "../../teardown/plan/policy.ts";
import type { RecordedMount } from "../../teardown/record/record.ts";
import type { Limits } from "../deadline/limits.ts";
import type { Looker, View } from "../look.ts";
import type { Ports } from "../ports.ts";
import { type Listener, type Released, release } from "../release.ts";
import { degrade, listLeft } from "./degrade.ts";
import { reportMounts } from "./name-left.ts";

// Its data was written before its unmount was refused. A dead disk costs this much.
const SAVE_MS = 10_000;

export interface ReleasedAgain {
  /** The last view. */
  readonly last: View | undefined;
  /** The mounts that were detached although they are still in use. */
  readonly detached: readonly RecordedMount[];
}

export interface Again {
  /** Makes a looker with more in its policy. */
  make(more: Partial<Policy>): Looker;
  /** See `createDyingWait`. */
  readonly awaitDying: () => boolean;
}

/**
 * After a storage daemon was killed, storage that it held may be free, and calls that waited for it
 * return, even those that blocked observing. If something is still left, it is tried once more without
 * holders that are only suspected, and mounts that keep the one below them are saved and detached.
 */
export function releaseAgain(
  { last, attempts }: Released,
  isTouched: boolean,
  limits: Limits,
  ports: Ports,
  listener: Listener,
  { make, awaitDying }: Again,
  console: Console,
): ReleasedAgain {
  const end = (view: View | undefined): ReleasedAgain => ({ last: view, detached: [] });
  if (last !== undefined && listLeft(last.plan).length === 0 && !isTouched) return end(last);
  const served = last === undefined ? new Set() : listServed(last.plan, last.graph);
  const givenUp = new Set([...attempts.givenUp].filter((node) => !served.has(node)));
  const before: Attempts = { ...attempts, givenUp, serversEnded: true };
  const { look } = make({ serversEnded: true });
  const ended = release(look, limits, before, ports, listener, undefined, awaitDying);
  let { attempts: tried } = ended;
  let view = ended.last ?? last;
  const lastTry = (more: Partial<Policy>): void => {
    const { look: lookAgain } = make({ serversEnded: true, isLastAttempt: true, ...more });
    const again = release(lookAgain, limits, tried, ports, listener);
    tried = again.attempts;
    view = again.last ?? view;
  };
  // First without detaching: what is only suspected to be held may become free.
  if (view !== undefined && isSuspicious(view)) lastTry({});
  let inUse: ReadonlySet<NodeId> = new Set();
  const detached: RecordedMount[] = [];
  for (;;) {
    const now = ports.clock.now();
    if (view === undefined || now >= limits.releaseUntil) return { last: view, detached };
    const { plan, graph } = view;
    const also = plan.steps
      .flatMap((one) => one.also)
      .filter((id) => isApiMount(getNode(graph, id)));
    const kept = listKept(dropWeakEdges(graph), new Set([...listLeft(plan), ...also]));
    if (kept.detached.size === 0) return { last: view, detached };
    const stays = [...kept.detached].map(
      (node): Stay => ({ node, reason: { kind: "held", by: [] } }),
    );
    const seen = { ...view, plan: { ...plan, steps: [], stays } };
    const until = Math.min((now + limits.releaseUntil) / 2, now + SAVE_MS);
    const saved = degrade(seen, until, ports, detached);
    inUse = new Set([...inUse, ...kept.inUse]);
    lastTry({ ...kept, inUse });
    const gone = saved.filter(({ node }) => !view?.graph.nodes.has(node));
    detached.push(...reportMounts(gone, seen, console));
    // What was below them may be busy, too.
    if (gone.length === 0) return { last: view, detached };
  }
}

function isSuspicious({ plan, graph }: View): boolean {
  return listLeft(plan).some((id) => mayBeFree(getNode(graph, id)));
}

/** Whether its holders may not matter: they are only suspected, or it can be detached. */
function mayBeFree(node: Node): boolean {
  return nodeKindOf(node).hasSuspects === true || isApiMount(node);
}
