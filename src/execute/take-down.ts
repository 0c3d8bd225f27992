import { isRemote } from "../kinds/file-systems.ts";
import { type Snapshot, stepKindOf } from "../kinds/kinds.ts";
import { ENDINGS } from "../kinds/released.ts";
import { OBSERVE_LIMIT_MS } from "../observe/complete.ts";
import { runAll, runTask, type TaskOutcome } from "../observe/run-task.ts";
import type { Console } from "../port/console.ts";
import { attempt } from "../port/sys-error.ts";
import type { NodeId } from "../teardown/graph/node.ts";
import type { Outcome } from "../teardown/plan/outcome.ts";
import type { Policy } from "../teardown/plan/policy.ts";
import {
  claimedLine,
  heldLines,
  isLayer,
  leftLine,
  muteLines,
  openSessionLine,
  outcomeLine,
  startLine,
  stayLine,
  summaryLine,
} from "../teardown/report/lines.ts";
import type { Verb } from "../teardown/verb.ts";
import { findClaimed } from "./left/claimed.ts";
import { degrade, listLeft } from "./left/degrade.ts";
import type { Limits } from "./limits.ts";
import { createLooker, type Looker, type View } from "./look.ts";
import type { Ports } from "./ports.ts";
import { prepare } from "./prepare.ts";
import { endStorageDaemons, finishKilling, killingLeftovers } from "./processes/kill-leftovers.ts";
import { type Listener, release } from "./release.ts";

const ROOM_LIMIT_MS = 5_000;
const ROOM_WAIT_MS = 500;
// A serial line writes a hundred in a second, and the deadline does not wait for it.
const MAX_LINES = 100;

/** How it went, for the summary and for whoever asks afterwards. */
export interface TakeDown {
  readonly outcomes: readonly Outcome[];
  /** Names of what is still attached, sorted; empty if everything was released. */
  readonly left: readonly string[];
}

/**
 * Takes the whole stack apart: ends what runs, releases in dependency order,
 * ends the storage daemons, saves and names what stays.
 *
 * `beforeSteps` is called when nothing of the old root runs any more, and says
 * whether it may have changed what was seen of the storage until then.
 *
 * Bounded by `limits`. Everything that can fail is an outcome; an exception
 * from here is a bug, which the caller survives by going on to sync and verb.
 */
export function takeDown(
  policy: Policy,
  verb: Verb,
  limits: Limits,
  ports: Ports,
  console: Console,
  beforeSteps: () => boolean = () => false,
): TakeDown {
  const outcomes: Outcome[] = [];
  const layers = new Set<NodeId>();
  const unended = new Map<NodeId, string>();
  const mute = new Set<string>();
  let first: View | undefined;
  const listener: Listener = {
    onView(view) {
      for (const line of muteLines(view.graph)) {
        if (!mute.has(line) && mute.size < MAX_LINES) console.warn(line);
        mute.add(line);
      }
      if (first !== undefined) return;
      first = view;
      console.info(startLine(view.plan, view.graph, verb));
      prepare(view.snapshot, limits.releaseUntil, ports);
    },
    onOutcome(outcome, view) {
      outcomes.push(outcome);
      if (isUnended(outcome, view)) unended.set(outcome.node, leftLine(outcome.node, view.graph));
      else unended.delete(outcome.node);
      if (outcome.kind === "released" && isLayer(outcome, view.graph)) layers.add(outcome.node);
      const isGood = outcome.kind === "released" && outcome.remark !== "data-lost";
      const say = isGood ? console.info : console.warn;
      say(outcomeLine(outcome, view.graph));
    },
  };
  const looker = createLooker(policy, limits.saveUntil, ports);

  const { leftovers, view } = begin(looker, ports, console);
  for (const name of leftovers.names) console.warn(`exitrd: cannot kill ${name}, ignoring`);
  const isTouched = beforeSteps();
  const begun = isTouched ? undefined : view;
  let released = release(looker.look, limits, new Set(), ports, listener, begun);
  // What hooks have changed since is found gone by its step, or seen by the next look.
  if (released.last === undefined && view !== undefined) {
    released = release(looker.look, limits, new Set(), ports, listener, view);
  }
  let { last } = released;
  // What a hook began may have left the hook's process group, which is all that was ended with it.
  const mayServe = leftovers.mayServeStorage || isTouched;
  const undead = mayServe ? endStorageDaemons(ports) : [];
  for (const name of undead) console.warn(`exitrd: cannot end ${name}, ignoring`);
  // What a storage daemon held may be free now, and what waited for one need not any more: even
  // the kernel itself, where nothing could be observed.
  if (last === undefined || last.plan.steps.length > 0) {
    const served = last === undefined ? new Set() : collectServed(last);
    const givenUp = new Set([...released.givenUp].filter((node) => !served.has(node)));
    const again = createLooker({ ...policy, serversEnded: true }, limits.saveUntil, ports);
    last = release(again.look, limits, givenUp, ports, listener).last ?? last;
  }

  const left = last === undefined ? ["unknown"] : nameLeft(last, limits, ports, console);
  const claimed = first === undefined || left.length > 0 ? [] : findClaimed(first, ports);
  for (const { name, holders } of claimed) console.warn(claimedLine(name, holders));
  const open =
    first === undefined || last === undefined
      ? []
      : waitForEndings(first.snapshot, last.snapshot, limits.saveUntil, ports);
  for (const name of open) console.warn(openSessionLine(name));
  const names = [
    ...left,
    ...unended.values(),
    ...claimed.map(({ name }) => name),
    ...open.map((name) => `NFS server ${name}`),
  ];
  const allLeft = [...new Set(names)].sort();
  console.info(summaryLine(layers.size, allLeft, verb, ports.clock.now()));
  return { outcomes, left: allLeft };
}

/**
 * Kills what still runs and observes, side by side: killing frees what mounts
 * and devices are held by, and neither adds nor removes any that has a step.
 * What has gone with a process all the same is found gone by its step.
 */
function begin(looker: Looker, ports: Ports, console: Console) {
  let early: View | undefined;
  const beginWith = (): readonly [TaskOutcome, TaskOutcome] => {
    const [seen, killed] = runAll(
      [looker.work, killingLeftovers(ports)],
      // Thousands of processes take seconds to find, too.
      OBSERVE_LIMIT_MS,
      ports,
      // Planned while the other child still kills. No child may be started in here.
      (index, result) => {
        if (index === 0) early = looker.readWhole(result);
      },
    );
    if (killed === undefined || seen === undefined) throw new Error("two actions, less outcomes");
    return [seen, killed];
  };
  let [seen, killed] = beginWith();
  const roomUntil = ports.clock.now() + ROOM_LIMIT_MS;
  while (isWithoutRoom(killed) && ports.clock.now() < roomUntil) {
    console.warn("exitrd: cannot start a child, killing every process");
    // Does not block. Waiting reaps what has died of it.
    attempt(() => ports.kernel.kill(-1, "SIGKILL"));
    ports.tasks.wait(ROOM_WAIT_MS);
    [seen, killed] = beginWith();
  }
  const view = early ?? looker.complete(seen);
  return { leftovers: finishKilling(killed, ports), view };
}

/**
 * Processes have used up what one more needs. Without a child nothing can be released:
 * whatever they serve, they have to go.
 */
function isWithoutRoom(started: TaskOutcome): boolean {
  return started.kind === "error" && started.syscall === "fork";
}

/**
 * An unmount takes the mount away before it writes what the file system still
 * has: one that hung looks done. Whether it is, shows by its disk, or by its
 * process; not on a server that does not answer.
 */
function isUnended(outcome: Outcome, { graph }: View): boolean {
  if (outcome.kind !== "failed" || outcome.failure.kind !== "hung") return false;
  const node = graph.nodes.get(outcome.node);
  return node?.kind === "mount" && isRemote(node.mount.fsType);
}

/** What a server kept waiting, and all that lies on it: what hung there may end well without it. */
function collectServed({ plan, graph }: View): ReadonlySet<NodeId> {
  const waiting = plan.steps.filter(({ step }) => stepKindOf(step).waitsForServer?.(step) === true);
  const served = new Set(waiting.map(({ node }) => node));
  for (let before = -1; before < served.size; ) {
    before = served.size;
    for (const [holder, backings] of graph.backings) {
      if (backings.some((backing) => served.has(backing))) served.add(holder);
    }
  }
  return served;
}

function waitForEndings(
  before: Snapshot,
  after: Snapshot,
  until: number,
  ports: Ports,
): readonly string[] {
  return ENDINGS.flatMap((wait) => wait(before, after, until, ports));
}

function nameLeft(last: View, limits: Limits, ports: Ports, console: Console): readonly string[] {
  const kept = degrade(last, limits.saveUntil, ports);
  const lines = [
    ...kept.flatMap((entry) => heldLines(entry, last.graph)),
    ...last.plan.stays.flatMap((stay) => stayLine(stay, last.graph) ?? []),
  ];
  for (const line of lines.slice(0, MAX_LINES)) console.warn(line);
  if (lines.length > MAX_LINES) console.warn(`exitrd: and ${lines.length - MAX_LINES} lines more`);
  const left = listLeft(last.plan).map((node) => leftLine(node, last.graph));
  return [...new Set(left)].sort();
}

/** sync(2) in a child, so that a dead disk cannot stop the verb. True if it came back. */
export function syncBounded(limitMs: number, ports: Ports): boolean {
  const synced = runTask(
    () => {
      ports.kernel.syncAll();
      return "";
    },
    limitMs,
    ports,
  );
  return synced.kind === "done";
}
