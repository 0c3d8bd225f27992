import {
  LINUX_REBOOT_CMD_HALT,
  LINUX_REBOOT_CMD_KEXEC,
  LINUX_REBOOT_CMD_POWER_OFF,
  LINUX_REBOOT_CMD_RESTART,
  LINUX_REBOOT_CMD_RESTART2,
  readFile,
  reboot,
} from "exitrd:sys";
import type { Verb } from "../core/verb.ts";
import { attempt } from "../port/sys-error.ts";

const COMMANDS: Readonly<Record<Verb, number>> = {
  reboot: LINUX_REBOOT_CMD_RESTART,
  poweroff: LINUX_REBOOT_CMD_POWER_OFF,
  halt: LINUX_REBOOT_CMD_HALT,
  kexec: LINUX_REBOOT_CMD_KEXEC,
};

/** The reboot(2) command of a verb. */
export function commandOf(verb: Verb): number {
  return COMMANDS[verb];
}

/**
 * The verb that can be done: kexec without a loaded kernel is a reboot, as in
 * systemd-shutdown.
 */
export function settleVerb(verb: Verb): Verb {
  if (verb !== "kexec") return verb;
  const loaded = attempt(() => readFile("/sys/kernel/kexec_loaded"));
  return loaded?.trim() === "0" ? "reboot" : "kexec";
}

/** One line in /run/systemd/reboot-param, written by `systemctl reboot --reboot-argument`. */
export function readRebootParameter(): string | undefined {
  const line = attempt(() => readFile("/run/systemd/reboot-param", 4096))?.split("\n")[0];
  return line === "" ? undefined : line;
}

/** Calls reboot(2). Comes back only if the kernel refuses, and then has tried a plain reboot too. */
export function doVerb(verb: Verb, parameter: string | undefined): void {
  if (verb === "reboot" && parameter !== undefined) {
    attempt(() => reboot(LINUX_REBOOT_CMD_RESTART2, parameter));
  }
  attempt(() => reboot(commandOf(verb)));
  // A kexec that fails must not leave the machine hanging without storage.
  if (verb === "kexec") attempt(() => reboot(LINUX_REBOOT_CMD_RESTART));
}
