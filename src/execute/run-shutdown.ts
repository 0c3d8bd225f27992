import type { Console } from "../port/teardown.ts";
import { makePolicy } from "../teardown/plan/policy.ts";
import { makeRecord } from "../teardown/record/make-record.ts";
import type { Stage } from "../teardown/stage.ts";
import { DEFAULT_STORES } from "../text/policies.ts";
import { createUncovering } from "./begin/uncover-mounts.ts";
import { LAST_RESORT_GRACE_MS } from "./deadline/limits.ts";
import { shareTime } from "./deadline/share-time.ts";
import { announce } from "./end/announce.ts";
import { disarmWatchdog } from "./end/disarm-watchdog.ts";
import { endMachine, READ_ONLY_MS } from "./end/end-machine.ts";
import { peakLine } from "./end/peak-line.ts";
import { readParameter } from "./end/read-parameter.ts";
import { saveLeft } from "./end/save-left.ts";
import { syncLast } from "./end/sync-last.ts";
import { waitForUptime } from "./end/wait-for-uptime.ts";
import { NOTHING_KNOWN, releaseStorage } from "./fallback/release-storage.ts";
import { makeGuard } from "./guard.ts";
import { recordFlushes } from "./left/flush-disks.ts";
import { waitForRoom } from "./processes/wait-for-room.ts";
import { hasPrograms, runSystemdScripts } from "./programs/hooks.ts";
import { limitPrograms, prepareRelease, runStage } from "./programs/stage.ts";
import { keepRecord } from "./record/keep-record.ts";
import { createTreeCheck } from "./self-check/check-tree.ts";
import type { Shutdown, ShutdownPorts } from "./shutdown.ts";
import { clearKeyrings } from "./wipe/clear-keyrings.ts";
import { eraseMemory } from "./wipe/erase-memory.ts";

// For flushing the disks, and for sysrq-u.
const AFTER_SYNC_MS = 3_000;
// On real hardware the image of the package takes a hundredth of this.
const TREE_CHECK_MS = 2_000;
// A check that hangs must not use up a short deadline.
const TREE_CHECK_SHARE = 1 / 4;
// The children between the sync and reboot(2): two for the flush, one for the notification, four
// for the record, one for the reboot parameter, three for the keys. The rest of the grace period is
// for sysrq-u, and spare.
const LAST_PARTS = 11;
const SPARE_MS = 500;
const LAST_PARTS_MS = LAST_RESORT_GRACE_MS - READ_ONLY_MS - SPARE_MS;

/**
 * The whole shutdown after PID 1 has prepared itself, up to reboot(2). Returns only if the kernel
 * refuses that. Never throws: an exception in a part is a bug that costs only this part, never the
 * release of the storage, the sync or reboot(2).
 */
export function runShutdown(asked: Shutdown, given: ShutdownPorts, console: Console): void {
  const { verb, settings, limits } = asked;
  const guard = makeGuard(console);
  const onTick = (): void => void guard("ping the watchdog", given.onTick);
  const treeCheck = createTreeCheck({ ...given, onTick });
  const ports = { ...given, onTick, tasks: treeCheck.tasks };
  const { clock } = ports;
  const running = { asked, ports, console, guard };
  const enterStage = (stage: Stage, until: number): boolean => runStage(stage, until, running);

  const uncovering = createUncovering(limits.releaseUntil, ports, console, guard);
  const beforeSteps = (): boolean => {
    const areMoved = uncovering.begin();
    // Not before: until now all CPUs were busy.
    guard("check the tree", treeCheck.start);
    // Hooks get half of the time: otherwise a hook that hangs would leave no time for the release.
    const hasRun = prepareRelease((clock.now() + limits.releaseUntil) / 2, running);
    return hasRun || areMoved;
  };
  const policy = makePolicy("exitrd", settings);
  const released = guard("release the storage", () =>
    releaseStorage(policy, verb, limits, ports, console, beforeSteps, uncovering.retry),
  )?.account;
  // The remaining time is divided into three parts: hooks, the sync, and everything after it.
  const partMs = (limits.verbAt - limits.saveUntil) / 3;
  enterStage("after-umount", limits.saveUntil + partMs);
  if (asked.isDebugging) guard("read /proc/self/status", () => console.info(peakLine(ports)));
  const hasMore = guard("look for further programs", () => hasPrograms(ports)) ?? true;
  const isSynced = guard("sync", () => {
    const until = limits.verbAt - (hasMore ? Math.max(partMs, AFTER_SYNC_MS) : AFTER_SYNC_MS);
    return syncLast(until, waitForRoom(until, ports, console), console);
  });
  guard("check the tree", () => {
    const leftMs = Math.max(TREE_CHECK_MS / 2, limits.verbAt - clock.now());
    const limitMs = Math.min(TREE_CHECK_MS, leftMs * TREE_CHECK_SHARE);
    treeCheck.report(clock.now() + limitMs, console);
  });
  const share = shareTime(limits.verbAt + LAST_PARTS_MS, LAST_PARTS, clock);
  const losses = guard("flush the disks", () => recordFlushes(share, ports, console)) ?? [];
  guard("notify the manager", () => announce(asked, share, ports));
  enterStage("before-verb", limits.verbAt);
  guard("run the scripts of systemd", () =>
    runSystemdScripts(verb, limitPrograms(limits.verbAt, settings), ports, console),
  );
  guard("keep the record", () => {
    const made = { verb, tookMs: Math.round(clock.now()), ...ports.describeRun() };
    const account = released ?? NOTHING_KNOWN;
    const whole = { ...account, steps: [...account.steps, ...losses] };
    const record = makeRecord(made, whole, isSynced === true);
    keepRecord(record, settings.record ?? DEFAULT_STORES, share, ports, console);
  });
  const parameter = guard("read the reboot parameter", () => readParameter(verb, share, ports));
  guard("clear the keyrings", () => clearKeyrings(share, ports));
  // As late as possible, when everything that ran before has freed its memory.
  if (settings.wipe === true) {
    guard("erase memory", () => eraseMemory(limits.verbAt - clock.now(), ports, console));
  }
  // Erasing comes first, since this wait may last until the deadline.
  guard("wait", () => waitForUptime(asked.minimumUptimeMs ?? 0, limits.verbAt, ports, console));
  // Nothing pings the watchdog of a halted machine, so it would be reset.
  if (verb === "halt" && settings.haltWatchdog !== "keep") {
    guard("disarm the watchdog", () => disarmWatchdog(ports, console));
  }
  if (released?.left.length !== 0 || released.kept !== undefined)
    guard("save what is left", () => saveLeft(share, ports, console));
  guard("end the machine", () => endMachine(verb, parameter, settings.sysRq === true, ports.power));
}
