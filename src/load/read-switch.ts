import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import { parseParameters } from "../teardown/settings/parse-parameters.ts";

/** What keeps an image from being loaded at boot. */
export type SwitchedOff =
  /** exitrd=off on the kernel command line. */
  | "parameter"
  /** The unit is masked (systemctl mask). */
  | "masked"
  /** The same with --runtime, which the next boot forgets. */
  | "masked-until-reboot";

/** systemd.unit(5) */
const mask = "systemd/system/exitrd-load.service";

export function readSwitch(commandLine: string, files: FileReader): SwitchedOff | undefined {
  if (parseParameters(commandLine).isOff) return "parameter";
  if (isMask(`/etc/${mask}`, files)) return "masked";
  return isMask(`/run/${mask}`, files) ? "masked-until-reboot" : undefined;
}

/** A link to /dev/null, or an empty file. */
function isMask(path: string, files: FileReader): boolean {
  if (files.realPath(path) === "/dev/null") return true;
  return attempt(() => files.status(path))?.kind === "file" && files.status(path)?.size === 0;
}

/** "'exitrd=off' is on the kernel command line" */
export function describeSwitch(off: SwitchedOff): string {
  switch (off) {
    case "parameter":
      return "'exitrd=off' is on the kernel command line";
    case "masked":
      return "exitrd-load.service is masked";
    case "masked-until-reboot":
      return "exitrd-load.service is masked until the next boot";
  }
}
