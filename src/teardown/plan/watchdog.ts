import type { Settings } from "../settings/values.ts";

export interface ArmedWatchdog {
  readonly device: string;
  /** Absent if it is its driver's. */
  readonly timeoutMs?: number;
}

/** What to do with the hardware watchdog when PID 1 starts. */
export type WatchdogPlan =
  | { readonly kind: "leave" }
  | { readonly kind: "disarm"; readonly device: string }
  | ({ readonly kind: "arm" } & ArmedWatchdog);

export const DEVICE = "/dev/watchdog0";

/**
 * By default, only a watchdog that `systemd` has armed is armed and pinged: systemd arms none for
 * poweroff and halt. A watchdog that is not armed is not disarmed either, since opening it would
 * arm it.
 */
export function planWatchdog(
  setting: Settings["watchdog"],
  systemd: ArmedWatchdog | undefined,
): WatchdogPlan {
  const device = systemd?.device ?? DEVICE;
  if (setting === "off")
    return systemd === undefined ? { kind: "leave" } : { kind: "disarm", device };
  if (setting !== undefined) return { kind: "arm", device, timeoutMs: setting };
  return systemd === undefined ? { kind: "leave" } : { kind: "arm", ...systemd };
}
