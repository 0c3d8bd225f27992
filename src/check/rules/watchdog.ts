import type { Settings } from "../../teardown/settings/values.ts";
import type { WatchdogFacts } from "../facts.ts";
import type { Finding } from "../finding.ts";

/** Checks that the watchdog in the settings exists, and that a running one will be pinged. */
export function checkWatchdogs(
  watchdogs: readonly WatchdogFacts[],
  setting: Settings["watchdog"],
): readonly Finding[] {
  if (setting === "off") return [];
  if (setting !== undefined) {
    const isThere = watchdogs.some(({ name }) => name === "watchdog0");
    return isThere ? [] : [{ kind: "watchdog-missing", device: "/dev/watchdog0" }];
  }
  // If it cannot be stopped, it keeps running after the daemon that pings it was killed.
  return watchdogs
    .filter(({ isActive, isNoWayOut, isInits }) => isActive && isNoWayOut && !isInits)
    .map(({ name, timeoutS }) => ({ kind: "watchdog-unfed", device: `/dev/${name}`, timeoutS }));
}
