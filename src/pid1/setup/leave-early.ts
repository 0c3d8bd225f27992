import { close } from "exitrd:sys";
import { leaveSystem } from "../../execute/processes/leave-system.ts";
import { hostKernel } from "../../host/kernel.ts";
import { hostReader } from "../../host/reader.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Clock, Tasks } from "../../port/teardown.ts";
import type { Invocation } from "../../teardown/parse/invocation.ts";
import { treePlace } from "../../text/tree-paths.ts";
import { closeInherited } from "./prepare.ts";
import { readSettings } from "./read-settings.ts";

// Nothing pings the watchdog yet. Its driver may have refused the timeout that systemd passes on.
const WATCHDOG_MS = 15_000;

/** `leaveSystem` for `enterEarly`; `arm` sets the last resort's alarm to the end of the deadline. */
export function leaveEarly(
  { timeoutMs, watchdog }: Invocation,
  tasks: Tasks,
  clock: Clock,
  arm: (timeoutMs: number) => void,
): void {
  closeInherited();
  const { settings } = readSettings(hostReader, treePlace);
  const wantedMs = settings.timeoutMs ?? timeoutMs;
  arm(wantedMs);
  const watchdogMs =
    watchdog === undefined ? wantedMs : Math.min(WATCHDOG_MS, watchdog.timeoutMs ?? WATCHDOG_MS);
  // A child that hangs would keep the old /dev in use.
  const start: Tasks["start"] = (action) =>
    tasks.start((send) => {
      for (const standard of [0, 1, 2]) attempt(() => close(standard));
      return action(send);
    });
  const ports = { reader: hostReader, kernel: hostKernel, tasks: { ...tasks, start }, clock };
  leaveSystem(wantedMs, watchdogMs, { ...ports, onTick() {} });
}
