import { attempt } from "../port/sys-error.ts";
import type { Power } from "../port/teardown.ts";
import type { Verb } from "../teardown/verb.ts";

// The kernel makes them read-only in a thread of its own (fs/super.c, emergency_remount).
const READ_ONLY_MS = 1_000;

/**
 * Carries the verb out by reboot(2). Where the kernel refuses, all file systems
 * are made read-only by sysrq-u and it is asked again; then, only if `sysRq`
 * allows it, sysrq-b resets the machine. Comes back if nothing helped.
 */
export function endMachine(
  verb: Verb,
  parameter: string | undefined,
  sysRq: boolean,
  power: Power,
): void {
  callReboot(verb, parameter, power);
  makeReadOnly(power);
  callReboot(verb, parameter, power);
  if (sysRq) attempt(() => power.triggerSysRq("b"));
}

/** Has the kernel make all file systems on disks read-only, whatever has files open (sysrq-u). */
export function makeReadOnly(power: Power): void {
  attempt(() => power.triggerSysRq("u"));
  power.sleep(READ_ONLY_MS);
}

function callReboot(verb: Verb, parameter: string | undefined, power: Power): void {
  if (verb === "reboot" && parameter !== undefined) attempt(() => power.reboot(verb, parameter));
  attempt(() => power.reboot(verb));
  // A kexec that fails must not leave the machine hanging without storage.
  if (verb === "kexec") attempt(() => power.reboot("reboot"));
}
