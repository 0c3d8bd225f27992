import { readFile } from "exitrd:sys";
import { attempt } from "../../port/sys-error.ts";
import type { Verb } from "../../teardown/verb.ts";

/**
 * Replaces a verb that is impossible: kexec without a loaded kernel becomes reboot, as in
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
