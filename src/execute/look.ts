import { buildGraph } from "../core/graph/build-graph.ts";
import type { Graph } from "../core/graph/graph.ts";
import { makePlan } from "../core/plan/make-plan.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { Policy } from "../core/plan/policy.ts";
import type { FuseServer, Snapshot } from "../core/snapshot.ts";
import { addFuseServers, listFuseServers, mayHaveFuseServers } from "../observe/fuse-servers.ts";
import { observe } from "../observe/observe.ts";
import { runTask, runTasks, type TaskOutcome } from "../observe/run-task.ts";
import { addPoolDevices, listPoolCandidates, readPoolOf } from "../observe/zfs.ts";
import type { Ports } from "./ports.ts";

// Milliseconds, or seconds where a slow machine has thousands of mounts. A lock held by a dead
// device takes longer; but without a view nothing can be released, so that nothing is lost by waiting.
export const OBSERVE_LIMIT_MS = 30_000;
const LABEL_LIMIT_MS = 3_000;
const SERVERS_LIMIT_MS = 2_000;

/** The machine at one moment, and what that means. */
export interface View {
  readonly snapshot: Snapshot;
  readonly graph: Graph;
  readonly plan: Plan;
}

/**
 * Observes in a child, since a dead device can block even a read of /sys, and
 * plans. Undefined where the kernel gave no answer in time or none at all.
 */
export function look(policy: Policy, until: number, ports: Ports): View | undefined {
  const limit = Math.min(OBSERVE_LIMIT_MS, until - ports.clock.now());
  return readView(runTask(observing(ports), limit, ports), policy, until, ports);
}

/** What a child does to observe, for `readView`. */
export function observing({ reader }: Ports): () => string {
  return () => JSON.stringify(observe(reader));
}

/** Plans for what a child has observed, once its pools' devices and its servers are found. */
export function readView(
  seen: TaskOutcome,
  policy: Policy,
  until: number,
  ports: Ports,
): View | undefined {
  const snapshot = readSnapshot(seen);
  return (
    snapshot && makeView(findServers(findPoolDevices(snapshot, until, ports), until, ports), policy)
  );
}

/** The same where further children have nothing to look for; undefined where they have. */
export function readPlainView(seen: TaskOutcome, policy: Policy): View | undefined {
  const snapshot = readSnapshot(seen);
  if (snapshot === undefined) return undefined;
  if (listPoolCandidates(snapshot).length > 0 || mayHaveFuseServers(snapshot)) return undefined;
  return makeView(snapshot, policy);
}

function readSnapshot(seen: TaskOutcome): Snapshot | undefined {
  // Our own child wrote it a moment ago: the same program, so the same type.
  return seen.kind === "done" ? (JSON.parse(seen.output) as Snapshot) : undefined;
}

function makeView(snapshot: Snapshot, policy: Policy): View {
  const graph = buildGraph(snapshot);
  return { snapshot, graph, plan: makePlan(graph, policy) };
}

/** Those that are not found in time are ended when all else is done, as others are. */
function findServers(snapshot: Snapshot, until: number, ports: Ports): Snapshot {
  if (!mayHaveFuseServers(snapshot)) return snapshot;
  const limit = Math.min(SERVERS_LIMIT_MS, until - ports.clock.now());
  const found = runTask(() => JSON.stringify(listFuseServers(ports.reader)), limit, ports);
  if (found.kind !== "done") return snapshot;
  return addFuseServers(snapshot, JSON.parse(found.output) as readonly FuseServer[]);
}

/** Side by side, so that one dead disk costs `LABEL_LIMIT_MS` and no more. */
function findPoolDevices(snapshot: Snapshot, until: number, ports: Ports): Snapshot {
  const candidates = listPoolCandidates(snapshot);
  if (candidates.length === 0) return snapshot;
  const outcomes = runTasks(
    candidates.map((name) => () => readPoolOf(name, ports.reader)),
    Math.min(LABEL_LIMIT_MS, until - ports.clock.now()),
    ports,
  );
  const pools = outcomes.map((outcome) => (outcome.kind === "done" ? outcome.output : ""));
  return addPoolDevices(snapshot, candidates, pools);
}
