import type { Console } from "../../port/teardown.ts";
import type { ShutdownPorts } from "../shutdown.ts";

/** Disarms the watchdog; warns if a driver refuses, as with the kernel's CONFIG_WATCHDOG_NOWAYOUT. */
export function disarmWatchdog(
  ports: Pick<ShutdownPorts, "disarmWatchdog">,
  console: Console,
): void {
  if (ports.disarmWatchdog()) return;
  console.warn("exitrd: cannot disarm the watchdog: it will reset the machine, ignoring");
}
