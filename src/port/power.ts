import type { Verb } from "../teardown/verb.ts";

/** Ends the machine. The calls return only on failure; all throw `SysError`. */
export interface Power {
  /** reboot(2) with the verb's command; with a parameter, LINUX_REBOOT_CMD_RESTART2. */
  reboot(verb: Verb, parameter?: string): void;
  /** /proc/sysrq-trigger: "u" starts to remount all file systems read-only, "b" resets. */
  triggerSysRq(key: "u" | "b"): void;
  sleep(milliseconds: number): void;
}
