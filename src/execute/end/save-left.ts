import type { Console } from "../../port/teardown.ts";
import type { Share } from "../deadline/share-time.ts";
import type { ShutdownPorts } from "../shutdown.ts";
import { makeReadOnly } from "./end-machine.ts";
import { wipeKeys } from "./wipe-keys.ts";

const LIMIT_MS = 1_000;

/** Has the kernel make all file systems read-only, then wipes the keys. Takes two shares. */
export function saveLeft(share: Share, ports: ShutdownPorts, console: Console): void {
  // Taken first, because the wait for the kernel has time of its own.
  const limits = [share(LIMIT_MS), share(LIMIT_MS)] as const;
  makeReadOnly(ports.power);
  wipeKeys(...limits, ports, console);
}
