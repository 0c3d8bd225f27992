import { attempt } from "../../port/sys-error.ts";
import type { Power } from "../../port/teardown.ts";
import type { Verb } from "../../teardown/verb.ts";

// The kernel remounts them in a thread of its own (fs/super.c, emergency_remount).
export const READ_ONLY_MS = 1_000;

/**
 * Calls reboot(2) for the verb. If the kernel refuses, sysrq-u makes all file systems read-only and
 * reboot(2) is called again. After that sysrq-b resets the machine, if `sysRq` allows it. Returns
 * only if all of this failed.
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

/**
 * Has the kernel make all file systems on disks read-only, even those with open files (sysrq-u).
 */
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
