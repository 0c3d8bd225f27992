import type { Console } from "../port/teardown.ts";
import { NOTHING_HUNG } from "../teardown/plan/attempts.ts";
import type { Outcome } from "../teardown/plan/outcome.ts";
import { countNodes } from "../teardown/plan/plan.ts";
import type { Policy } from "../teardown/plan/policy.ts";
import { recordHung } from "../teardown/record/make-record.ts";
import type { Account } from "../teardown/record/record.ts";
import { countLayers, summaryLine } from "../teardown/report/lines.ts";
import type { Verb } from "../teardown/verb.ts";
import type { Limits } from "./deadline/limits.ts";
import { nameLeft } from "./left/name-left.ts";
import { releaseAgain } from "./left/release-again.ts";
import { syncBounded } from "./left/sync-bounded.ts";
import { createLooker, type Looker, type View } from "./look.ts";
import type { Ports } from "./ports.ts";
import { clearAndLook } from "./processes/clear-and-look.ts";
import { createDyingWait, dropEnded } from "./processes/dying.ts";
import { endStorageDaemons } from "./processes/kill-leftovers.ts";
import { nameProcess } from "./processes/list-processes.ts";
import { waitForRoom } from "./processes/wait-for-room.ts";
import { createRecorder } from "./record/recorder.ts";
import { type Released, release } from "./release.ts";
import { prepare } from "./step/prepare.ts";

/** The result, for the summary and the caller. */
export interface TakeDown {
  readonly outcomes: readonly Outcome[];
  /** The names of what is left, sorted; empty if everything was released. */
  readonly left: readonly string[];
  /** The same and more, for the record. */
  readonly account: Account;
}

/**
 * Releases the whole storage stack: kills processes, releases in dependency order, ends the storage
 * daemons, saves and reports what is left.
 *
 * `beforeSteps` is called when only storage daemons of the old root are still running, `afterDaemons`
 * when these have exited as well. Each returns whether it may have changed the storage
 * since it was observed.
 *
 * Bounded by `limits`. Everything that can fail is an outcome. Throws if the storage was never
 * observed; any other exception is a bug. `fallback/release-storage.ts` catches both.
 */
export function takeDown(
  policy: Policy,
  verb: Verb,
  limits: Limits,
  given: Ports,
  console: Console,
  beforeSteps: () => boolean = () => false,
  afterDaemons: () => boolean = () => false,
): TakeDown {
  const ports = waitForRoom(limits.releaseUntil, given, console);
  const recorder = createRecorder(verb, console, ({ snapshot }, isFirst) =>
    prepare(snapshot, isFirst, limits.releaseUntil, ports),
  );
  // Until something was observed, reserve time for a release without a view.
  const lookUntil = (): number =>
    recorder.read().first === undefined
      ? (2 * ports.clock.now() + limits.releaseUntil) / 3
      : limits.saveUntil;
  const looker = createLooker(policy, lookUntil, ports);
  // It makes room by itself.
  const { leftovers, view } = clearAndLook(looker, lookUntil(), given, console);
  for (const process of leftovers.alive) {
    console.warn(`exitrd: cannot kill ${nameProcess(process)}, ignoring`);
  }
  const isTouched = beforeSteps();
  const releaseFrom = (first?: View): Released =>
    release(looker.look, limits, NOTHING_HUNG, ports, recorder, first);
  let released = releaseFrom(isTouched ? undefined : view);
  // Changes that hooks have made since then are noticed by the steps, or by the next observation.
  if (released.last === undefined && view !== undefined) released = releaseFrom(view);
  // Processes of a hook may have left its process group, and have not been killed with it.
  const mayServe = leftovers.mayServeStorage || isTouched;
  // A step syncs only what it releases. The rest must be written while its server is running.
  if (mayServe && (released.last === undefined || countNodes(released.last.plan) > 0)) {
    syncBounded(limits.saveUntil, ports);
  }
  const survivors = mayServe ? endStorageDaemons(limits.saveUntil, ports) : [];
  for (const process of survivors) {
    console.warn(`exitrd: cannot stop ${nameProcess(process)}, ignoring`);
  }
  const killed = [...leftovers.alive, ...survivors];
  const dying = [...new Map(killed.map((process) => [process.pid, process])).values()];
  const awaitDying = createDyingWait(dying, limits.releaseUntil, ports, console);
  const make = (more: Partial<Policy>): Looker =>
    createLooker({ ...policy, ...more }, lookUntil, ports);
  const again = { make, awaitDying };
  const isMoved = afterDaemons();
  const { last, detached } = releaseAgain(
    released,
    isMoved,
    limits,
    ports,
    recorder,
    again,
    console,
  );
  if (last === undefined) throw new Error("the storage cannot be observed");

  const { outcomes, steps, layers, hungUnmounts, first } = recorder.read();
  const { names, mounts, ...kept } = nameLeft(first, last, limits, ports, console, detached);
  const left = [...new Set([...names, ...hungUnmounts])].sort();
  console.verdict(summaryLine(layers, left, verb, ports.clock.now()));
  const planned = first === undefined ? 0 : countLayers(first.plan, first.graph);
  const alive = dropEnded(dying, 0, limits.saveUntil, ports).map(nameProcess);
  const all = [...mounts, ...hungUnmounts.map(recordHung)];
  const done = { steps, layers, planned, mounts: all, left, ...kept };
  const account = { ...done, survivors: alive, isPlanned: true };
  return { outcomes, left, account };
}
