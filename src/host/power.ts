import {
  LINUX_REBOOT_CMD_HALT,
  LINUX_REBOOT_CMD_KEXEC,
  LINUX_REBOOT_CMD_POWER_OFF,
  LINUX_REBOOT_CMD_RESTART,
  LINUX_REBOOT_CMD_RESTART2,
  O_WRONLY,
  reboot,
  sleep,
  writeFile,
} from "exitrd:sys";
import type { Power } from "../port/teardown.ts";
import type { Verb } from "../teardown/verb.ts";

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

/** The `Power` port on the running kernel. */
export const hostPower: Power = {
  reboot: (verb, parameter) => {
    if (parameter === undefined) reboot(commandOf(verb));
    else reboot(LINUX_REBOOT_CMD_RESTART2, parameter);
  },
  // For root this works regardless of kernel.sysrq, which restricts the keyboard only.
  triggerSysRq: (key) => writeFile("/proc/sysrq-trigger", key, O_WRONLY),
  sleep: (milliseconds) => sleep(milliseconds),
};
