import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import type { ReadImagePorts } from "./read-image.ts";
import { type InitStatus, readInit } from "./read-init.ts";
import { type InitrdStatus, readInitrd } from "./read-initrd.ts";
import { readSwitch, type SwitchedOff } from "./read-switch.ts";

/** What of this machine decides whether there will be an exitrd, other than the image. */
export interface BootStatus {
  readonly init: InitStatus;
  readonly initrd: InitrdStatus;
  readonly off: SwitchedOff | undefined;
  /** Whether systemd starts exitrd-load.service at boot. */
  readonly isUnitEnabled: boolean;
}

const wants = ["/etc", "/usr/lib"].map(
  (root) => `${root}/systemd/system/sysinit.target.wants/exitrd-load.service`,
);

/** `release` as uname -r prints it; `now` in milliseconds since the epoch. */
export function readBoot(
  commandLine: string,
  release: string,
  now: number,
  ports: ReadImagePorts,
): BootStatus {
  const { files } = ports;
  return {
    init: readInit(files),
    initrd: readInitrd(release, now, ports),
    off: readSwitch(commandLine, files),
    isUnitEnabled: wants.some((path) => isThere(path, files)),
  };
}

/** A link, which systemd does not follow to tell whether a unit is wanted. */
function isThere(path: string, files: FileReader): boolean {
  return attempt(() => files.status(path)) !== undefined;
}
