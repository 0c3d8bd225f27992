import { stepKindOf } from "../kinds/kinds.ts";
import type { Console } from "../port/teardown.ts";
import type { NodeId } from "../teardown/graph/node.ts";
import type { Outcome } from "../teardown/plan/outcome.ts";
import type { Policy } from "../teardown/plan/policy.ts";
import { summaryLine } from "../teardown/report/lines.ts";
import type { Verb } from "../teardown/verb.ts";
import type { Limits } from "./deadline/limits.ts";
import { listLeft } from "./left/degrade.ts";
import { nameLeft } from "./left/name-left.ts";
import { boundSync, syncBounded } from "./left/sync-bounded.ts";
import { createLooker, type Looker, type View } from "./look.ts";
import type { Ports } from "./ports.ts";
import { clearAndLook } from "./processes/clear-and-look.ts";
import { endStorageDaemons } from "./processes/kill-leftovers.ts";
import { createRecorder } from "./recorder.ts";
import { type Listener, type Released, release } from "./release.ts";
import { prepare } from "./step/prepare.ts";

const NOTHING_HUNG = { hung: new Set<NodeId>(), givenUp: new Set<NodeId>() };

/** The result, for the summary and the caller. */
export interface TakeDown {
  readonly outcomes: readonly Outcome[];
  /** The names of what is left, sorted; empty if everything was released. */
  readonly left: readonly string[];
}

/**
 * Takes the whole stack apart: ends what runs, releases in dependency order,
 * ends the storage daemons, saves and names what stays.
 *
 * `beforeSteps` is called when nothing of the old root runs any more, and says
 * whether it may have changed what was seen of the storage until then.
 *
 * Bounded by `limits`. Everything that can fail is an outcome. Throws where the storage was never
 * seen; any other exception is a bug. `fallback/release-storage.ts` survives both.
 */
export function takeDown(
  policy: Policy,
  verb: Verb,
  limits: Limits,
  ports: Ports,
  console: Console,
  beforeSteps: () => boolean = () => false,
): TakeDown {
  const recorder = createRecorder(verb, console, ({ snapshot }) =>
    prepare(snapshot, limits.releaseUntil, ports),
  );
  // Until something was observed, reserve time for a release without a view.
  const lookUntil = (): number =>
    recorder.read().first === undefined
      ? (2 * ports.clock.now() + limits.releaseUntil) / 3
      : limits.saveUntil;
  const looker = createLooker(policy, lookUntil, ports);
  const { leftovers, view } = clearAndLook(looker, lookUntil(), ports, console);
  for (const name of leftovers.names) console.warn(`exitrd: cannot kill ${name}, ignoring`);
  const isTouched = beforeSteps();
  const releaseFrom = (first?: View): Released =>
    release(looker.look, limits, NOTHING_HUNG, ports, recorder, first);
  let released = releaseFrom(isTouched ? undefined : view);
  // Changes by hooks since then are noticed by the steps, or by the next observation.
  if (released.last === undefined && view !== undefined) released = releaseFrom(view);
  // Processes of a hook may have left its process group, which was killed with the hook.
  const mayServe = leftovers.mayServeStorage || isTouched;
  // A step syncs only what it tries: the rest has to be written while its server lives.
  if (mayServe && (released.last === undefined || listLeft(released.last.plan).length > 0)) {
    syncBounded(boundSync(limits.saveUntil, ports), ports);
  }
  const survivors = mayServe ? endStorageDaemons(limits.saveUntil, ports) : [];
  for (const name of survivors) console.warn(`exitrd: cannot end ${name}, ignoring`);
  const again = createLooker({ ...policy, serversEnded: true }, lookUntil, ports);
  const last = releaseAgain(released, again, limits, ports, recorder);
  if (last === undefined) throw new Error("the storage cannot be observed");

  const { outcomes, layers, hungUnmounts, first } = recorder.read();
  const names = [...nameLeft(first, last, limits, ports, console), ...hungUnmounts];
  const left = [...new Set(names)].sort();
  console.info(summaryLine(layers, left, verb, ports.clock.now()));
  return { outcomes, left };
}

/**
 * After a storage daemon was killed, storage that it held may be free, and calls that waited for it
 * return, even those that blocked observing. Returns the last view.
 */
function releaseAgain(
  { last, hung, givenUp }: Released,
  looker: Looker,
  limits: Limits,
  ports: Ports,
  listener: Listener,
): View | undefined {
  if (last !== undefined && last.plan.steps.length === 0) return last;
  const served = last === undefined ? new Set() : collectServed(last);
  const before = { hung, givenUp: new Set([...givenUp].filter((node) => !served.has(node))) };
  return release(looker.look, limits, before, ports, listener).last ?? last;
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
