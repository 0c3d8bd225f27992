import type { UnmeasuredReason } from "../image/tpm/measurement.ts";
import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import { findUnmeasurable } from "./find-unmeasurable.ts";
import { hasHook } from "./known-inits.ts";
import { readConfig } from "./read-config.ts";
import { type InitStatus, readInit } from "./read-init.ts";
import { type InitrdPorts, type InitrdStatus, readInitrd } from "./read-initrd.ts";
import { readSwitch, type SwitchedOff } from "./read-switch.ts";

/** What decides whether exitrd will be loaded at boot, except for the image. */
export interface BootStatus {
  readonly init: InitStatus;
  readonly initrd: InitrdStatus;
  readonly off: SwitchedOff | undefined;
  /** What loads an image from the disk at boot if the initrd did not. */
  readonly loader: Loader;
  /** Why the configuration on the disk refuses every image; undefined if it does not. */
  readonly unmeasurable: UnmeasuredReason | undefined;
  /** Whether the configuration on the disk refuses every image that is not sealed. */
  readonly wantsSealed: boolean;
}

export interface Loader {
  /** "exitrd-load.service", or whatever runs 'exitrd load'. */
  readonly name: string;
  readonly isEnabled: boolean;
  /** Why it will not load an image, with what to do; "" if it will. */
  readonly problem: string;
}

const wants = ["/etc", "/usr/lib"].map(
  (root) => `${root}/systemd/system/sysinit.target.wants/exitrd-load.service`,
);

/** `release` as uname -r prints it; `now` in milliseconds since the epoch. */
export function readBoot(
  commandLine: string,
  release: string,
  now: number,
  ports: InitrdPorts,
): BootStatus {
  const { files } = ports;
  const init = readInit(files);
  const { settings } = readConfig(files);
  return {
    init,
    initrd: readInitrd(release, now, ports),
    off: readSwitch(commandLine, files),
    loader: readLoader(init, files),
    unmeasurable: findUnmeasurable(settings, ports),
    wantsSealed: settings.seal === "verity",
  };
}

function readLoader({ known }: InitStatus, files: FileReader): Loader {
  if (known !== undefined) {
    const isEnabled = hasHook(known.loads, files);
    return { name: known.name, isEnabled, problem: "does not run 'exitrd load': see exitrd(8)" };
  }
  return {
    name: "exitrd-load.service",
    isEnabled: wants.some((path) => isThere(path, files)),
    problem: "is not enabled: run 'systemctl enable exitrd-load.service'",
  };
}

/** Does not follow the link, just as systemd does not to determine whether a unit is wanted. */
function isThere(path: string, files: FileReader): boolean {
  return attempt(() => files.status(path)) !== undefined;
}
