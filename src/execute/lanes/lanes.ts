import { type Node, stepKindOf } from "../../kinds/kinds.ts";
import { MAX_CHILDREN, MAX_HUNG, PLACE_MS } from "../../observe/run-task.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import type { Plan, PlannedStep } from "../../teardown/plan/plan.ts";

// The same, but for a child in a lane where no step has finished for this long.
export const QUIET_MS = 500;
// One lane may not use more: the rest is for the other lanes.
const LANE_CHILDREN = (MAX_CHILDREN * 3) / 4;
// A lane may have this many children for each one that is still free. One lane thus gets at most
// three quarters of them, and however many lanes hang, some are left for the next one.
const PER_FREE = 3;

/** The steps on one disk, or on the mounts of one server. */
interface Lane {
  readonly isServer: boolean;
  readonly ready: Queue<number>;
  /** Running steps, each with its start time. */
  readonly running: Map<number, number>;
  endedMs: number;
  /** "unknown" until a step has finished. Only a server can be "dead". */
  state: "unknown" | "alive" | "dead";
}

/**
 * "unstarted" is a step without a child (EAGAIN): it proves nothing about the disk or server.
 * "hung" was abandoned, or not tried.
 */
export type LaneEnd = "finished" | "hung" | "unstarted";

/**
 * Shares the children among disks and servers, which take turns: one that hangs takes only some of
 * the children. A server gets a single step until that step has finished: if the server does not
 * answer for one mount, it will not answer for the others.
 *
 * Steps are indices in the plan. Times are in milliseconds since PID 1 started.
 */
export interface Lanes {
  /** Adds a step that may start as soon as a child is available. */
  add(index: number): void;
  /** Removes a step that starts now; undefined if none can start. */
  take(now: number): number | undefined;
  /** Whether steps are waiting to start. */
  isWaiting(): boolean;
  /** Whether the server of a step did not answer: the step need not be tried. */
  isDead(index: number): boolean;
  /** Records how a step that was taken has ended. Throws if it is not running. */
  end(index: number, now: number, end: LaneEnd): void;
}

export function createLanes({ steps }: Plan, graph: Graph<Node>): Lanes {
  const lanes = new Map<string, Lane>();
  const turns = createQueue<Lane>();
  const running = new Map<number, Lane>();
  const findDisk = createDiskFinder(graph);
  const laneOf = (index: number): Lane => {
    const planned = steps[index];
    const server = planned && findServer(planned);
    const key = server === undefined ? `disk ${planned && findDisk(planned.node)}` : server;
    const known = lanes.get(key);
    if (known !== undefined) return known;
    const lane = makeLane(server !== undefined);
    lanes.set(key, lane);
    return lane;
  };
  const hasPlace = (now: number): boolean => {
    let taken = 0;
    for (const [index, lane] of running) if (takesPlace(index, lane, now)) taken += 1;
    return taken < MAX_CHILDREN;
  };
  return {
    add(index) {
      const lane = laneOf(index);
      if (lane.ready.size() === 0) turns.add(lane);
      lane.ready.add(index);
    },
    take(now) {
      if (turns.size() === 0 || !hasPlace(now)) return undefined;
      for (let tries = turns.size(); tries > 0; tries--) {
        const lane = turns.take();
        if (lane === undefined) return undefined;
        const hasRoom = lane.running.size < PER_FREE * (MAX_HUNG - running.size);
        const index = hasRoom && mayStart(lane, now) ? lane.ready.take() : undefined;
        if (lane.ready.size() > 0) turns.add(lane);
        if (index === undefined) continue;
        lane.running.set(index, now);
        running.set(index, lane);
        return index;
      }
      return undefined;
    },
    isWaiting: () => turns.size() > 0,
    isDead: (index) => laneOf(index).state === "dead",
    end(index, now, end) {
      const lane = running.get(index);
      if (lane === undefined) throw new Error(`step ${index} is not running`);
      running.delete(index);
      lane.running.delete(index);
      if (end === "unstarted") return;
      lane.endedMs = now;
      if (end === "finished") lane.state = "alive";
      else if (lane.isServer) lane.state = "dead";
    },
  };
}

function makeLane(isServer: boolean): Lane {
  const endedMs = Number.NEGATIVE_INFINITY;
  return { isServer, ready: createQueue(), running: new Map(), endedMs, state: "unknown" };
}

function mayStart(lane: Lane, now: number): boolean {
  if (lane.isServer && lane.state === "unknown") return lane.running.size === 0;
  let taken = 0;
  for (const index of lane.running.keys()) if (takesPlace(index, lane, now)) taken += 1;
  return taken < LANE_CHILDREN;
}

function takesPlace(index: number, lane: Lane, now: number): boolean {
  const age = now - (lane.running.get(index) ?? now);
  return age < QUIET_MS || (age < PLACE_MS && now - lane.endedMs < QUIET_MS);
}

function findServer({ step }: PlannedStep): string | undefined {
  return stepKindOf(step).server?.(step);
}

/** Returns a function that finds the lowest node below a node: hardware, usually. */
function createDiskFinder({ backings }: Graph<Node>): (node: NodeId) => NodeId {
  const known = new Map<NodeId, NodeId>();
  return (node) => {
    const path: NodeId[] = [];
    const seen = new Set<NodeId>();
    let at = node;
    for (;;) {
      const found = known.get(at);
      if (found !== undefined) at = found;
      const next = backings.get(at)?.[0];
      seen.add(at);
      if (found !== undefined || next === undefined || seen.has(next)) break;
      path.push(at);
      at = next;
    }
    for (const each of path) known.set(each, at);
    return at;
  };
}

interface Queue<T> {
  size(): number;
  add(item: T): void;
  take(): T | undefined;
}

/** First in, first out. Unlike Array.shift(), taking an item seldom moves the others. */
function createQueue<T>(): Queue<T> {
  let items: T[] = [];
  let next = 0;
  return {
    size: () => items.length - next,
    add: (item) => void items.push(item),
    take() {
      const item = items[next];
      if (next < items.length) next += 1;
      // A lane that cannot start a step is added again each time: drop the entries that were taken.
      if (next * 2 > items.length) {
        items = items.slice(next);
        next = 0;
      }
      return item;
    },
  };
}
