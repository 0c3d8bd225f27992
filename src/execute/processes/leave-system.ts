import { divideDeadline } from "../deadline/limits.ts";
import { syncBounded } from "../left/sync-bounded.ts";
import type { Ports } from "../ports.ts";
import { askToEnd } from "./ask-to-end.ts";

/**
 * What systemd-shutdown(8) does first, in the system that is still running: writes everything, since
 * servers of file systems are among those that will be killed, and asks all processes to end while their
 * files are where they know them. Takes less than `watchdogMs`, during which nothing pings it.
 */
export function leaveSystem(timeoutMs: number, watchdogMs: number, ports: Ports): void {
  const until = Math.min(divideDeadline(timeoutMs).releaseUntil, watchdogMs);
  syncBounded(until, ports);
  askToEnd(until, ports);
}
