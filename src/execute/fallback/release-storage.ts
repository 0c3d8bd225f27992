import { runTask } from "../../observe/run-task.ts";
import type { Console } from "../../port/teardown.ts";
import type { Policy } from "../../teardown/plan/policy.ts";
import type { Account, RecordedStep } from "../../teardown/record/record.ts";
import type { Verb } from "../../teardown/verb.ts";
import { quote } from "../../text/show-bytes.ts";
import type { Limits } from "../deadline/limits.ts";
import { makeGuard } from "../guard.ts";
import { save } from "../left/degrade.ts";
import { syncBounded } from "../left/sync-bounded.ts";
import type { Ports } from "../ports.ts";
import { endStorageDaemons } from "../processes/kill-leftovers.ts";
import { waitForRoom } from "../processes/wait-for-room.ts";
import { recordLoss } from "../record/record-loss.ts";
import { type TakeDown, takeDown } from "../take-down.ts";
import { listFileSystems, listLeft } from "./list-steps.ts";
import type { Sight } from "./look-plainly.ts";
import { releasePlainly } from "./release-plainly.ts";

/** Without a graph there are no layers to count, and it is not known what was written. */
export const NOTHING_KNOWN: Account = {
  ...{ steps: [], layers: 0, planned: 0, mounts: [], left: [], survivors: [] },
  isPlanned: false,
};

/**
 * Calls `takeDown`; if that throws, or never observes the storage, releases without a graph and a
 * plan. A bug of ours then costs the order and the messages, not the data.
 */
export function releaseStorage(
  policy: Policy,
  verb: Verb,
  limits: Limits,
  given: Ports,
  console: Console,
  beforeSteps: () => boolean = () => false,
  afterDaemons: () => boolean = () => false,
): TakeDown {
  let isBegun = false;
  const begin = (): boolean => {
    isBegun = true;
    return beforeSteps();
  };
  try {
    return takeDown(policy, verb, limits, given, console, begin, afterDaemons);
  } catch (thrown) {
    console.warn(`exitrd: cannot plan the release: ${String(thrown)}, ignoring`);
  }
  const ports = waitForRoom(limits.releaseUntil, given, console);
  // Each part is guarded separately, because the same bug may affect some of them.
  const guard = makeGuard(console);
  if (!isBegun) guard("prepare the release", begin);
  const { clock, kernel } = ports;
  const steps: RecordedStep[] = [];
  const addLoss = (name: string): void => void steps.push(recordLoss(name, clock, console));
  const release = (until: number): Sight | undefined =>
    guard("release the storage", () =>
      releasePlainly(until, limits.saveUntil, ports, console, addLoss),
    );
  let last = release((clock.now() + limits.releaseUntil) / 2);
  if (last === undefined || listLeft(last).length > 0) {
    // File systems on the storage that they serve must be written first. All other processes are
    // killed with them.
    guard("sync", () => syncBounded(limits.releaseUntil, ports));
    guard("end the storage daemons", () => endStorageDaemons(limits.releaseUntil, ports));
    guard("look beneath the root", afterDaemons);
    last = release(limits.releaseUntil) ?? last;
  }
  // One after another: a file system must be saved before the one below it, and only the order of
  // mounting shows which that is.
  for (const target of listFileSystems(last?.mounts ?? [])) {
    const limitMs = (limits.saveUntil - clock.now()) / 2;
    // Never shut down: without a graph it is not known what is above it.
    const saved = runTask(() => save(target, kernel, false), limitMs, ports);
    const state = saved.kind === "done" ? saved.output : "not synced";
    console.warn(`exitrd: ${quote(target)} is still mounted, ${state}`);
  }
  const left = last === undefined ? ["unknown"] : [...new Set(listLeft(last))].sort();
  const rest =
    left.length === 0 ? "nothing more to be seen" : `left: ${left.map(quote).join(", ")}`;
  console.verdict(`exitrd: released without a plan, ${rest}; ${verb}`);
  return { outcomes: [], left, account: { ...NOTHING_KNOWN, steps, left } };
}
