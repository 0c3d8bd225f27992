import { openWatchdog, type Watchdog } from "../../host/watchdog.ts";
import type { Console } from "../../port/teardown.ts";
import type { Invocation } from "../../teardown/parse/invocation.ts";
import { planWatchdog } from "../../teardown/plan/watchdog.ts";
import type { Settings } from "../../teardown/settings/values.ts";

const NONE: Watchdog = { ping() {}, disarm: () => true };

/** Arms or disarms the watchdog as configured. A missing one is reported only if it was configured. */
export function startWatchdog(
  setting: Settings["watchdog"],
  systemd: Invocation["watchdog"],
  console: Console,
): Watchdog {
  const plan = planWatchdog(setting, systemd);
  if (plan.kind === "leave") return NONE;
  const watchdog = openWatchdog(plan.device, plan.kind === "arm" ? plan.timeoutMs : undefined);
  if (watchdog === undefined) {
    if (setting !== undefined) console.warn(`exitrd: cannot open '${plan.device}', ignoring`);
    return NONE;
  }
  if (plan.kind === "disarm" && !watchdog.disarm()) {
    // It must be pinged until the end, or it would reset the machine too early.
    console.warn(`exitrd: cannot disarm '${plan.device}', ignoring`);
  }
  return watchdog;
}
