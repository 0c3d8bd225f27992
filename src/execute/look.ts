import { buildGraph } from "../core/graph/build-graph.ts";
import type { Graph } from "../core/graph/graph.ts";
import { makePlan } from "../core/plan/make-plan.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { Policy } from "../core/plan/policy.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { observe } from "../observe/observe.ts";
import { addPoolDevices, listPoolCandidates, readPoolOf } from "../observe/zfs.ts";
import type { Ports } from "./ports.ts";
import { runTask, runTasks, type TaskOutcome } from "./run-task.ts";

// Reading /sys takes milliseconds; only a lock held by a dead device takes long.
const OBSERVE_LIMIT_MS = 5_000;
const LABEL_LIMIT_MS = 3_000;

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

/** Plans for what a child has observed, once the devices of its pools are found. */
export function readView(
  seen: TaskOutcome,
  policy: Policy,
  until: number,
  ports: Ports,
): View | undefined {
  const snapshot = readSnapshot(seen);
  return snapshot && makeView(findPoolDevices(snapshot, until, ports), policy);
}

/** The same where there are no pools; undefined where children have to look for their devices. */
export function readPlainView(seen: TaskOutcome, policy: Policy): View | undefined {
  const snapshot = readSnapshot(seen);
  if (snapshot === undefined || listPoolCandidates(snapshot).length > 0) return undefined;
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
