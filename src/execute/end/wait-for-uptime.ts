import { readOrEmpty } from "../../port/best-effort.ts";
import type { Console } from "../../port/teardown.ts";
import type { Ports } from "../ports.ts";

const TICK_MS = 1_000;

/**
 * Waits until the machine has been up for `minimumMs`, but until `until` at the latest (milliseconds
 * of `ports.clock`). Like systemd-shutdown(8) since version 261, this slows down a machine that
 * reboots in a loop, except if it is virtual.
 */
export function waitForUptime(
  minimumMs: number,
  until: number,
  ports: Ports,
  console: Console,
): void {
  const { clock, reader, tasks } = ports;
  if (minimumMs === 0) return;
  const upMs = Number.parseFloat(readOrEmpty("/proc/uptime", reader)) * 1_000;
  const end = Math.min(until, clock.now() + minimumMs - upMs);
  // Not a number where /proc is missing.
  if (!(end > clock.now()) || isVirtualMachine(ports)) return;
  console.info(`exitrd: waiting until the machine was up for ${minimumMs / 1_000} s`);
  while (clock.now() < end) {
    ports.onTick();
    // There is no child to wait for: it sleeps.
    tasks.wait(Math.min(TICK_MS, end - clock.now()));
  }
}

/** The processor's own flag, which x86's hypervisors set; on other machines the wait does no harm. */
function isVirtualMachine({ reader }: Ports): boolean {
  return /^flags\s*:.* hypervisor( |$)/m.test(readOrEmpty("/proc/cpuinfo", reader));
}
