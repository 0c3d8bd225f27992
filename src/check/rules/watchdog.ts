import { DEVICE } from "../../teardown/plan/watchdog.ts";
import type { Settings } from "../../teardown/settings/values.ts";
import type { WatchdogFacts } from "../facts.ts";
import type { Finding } from "../finding.ts";

/** Checks that the watchdog in the settings exists, and that a running one will be pinged. */
export function checkWatchdogs(
  watchdogs: readonly WatchdogFacts[],
  setting: Settings["watchdog"],
): readonly Finding[] {
  const all = watchdogs.map((one) => ({ ...one, device: `/dev/${one.name}` }));
  const isMissing = typeof setting === "number" && !all.some(({ device }) => device === DEVICE);
  // If it cannot be stopped, it keeps running after the daemon that pings it was killed.
  const unfed = all
    .filter(({ isActive, isNoWayOut, isInits }) => isActive && isNoWayOut && !isInits)
    .filter(({ device }) => setting === undefined || device !== DEVICE);
  return [
    ...(isMissing ? [{ kind: "watchdog-missing", device: DEVICE } as const] : []),
    ...unfed.map(({ device, timeoutS }) => ({ kind: "watchdog-unfed", device, timeoutS }) as const),
  ];
}
