import type { Trust } from "../image/sign/trust.ts";
import { decidePolicy } from "../image/sign/verify-policy.ts";
import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import { parseParameters } from "../teardown/settings/parse-parameters.ts";
import type { Settings } from "../teardown/settings/values.ts";
import { toByteString } from "../text/bytes.ts";
import type { VerifyPolicy } from "../text/policies.ts";
import { isBesideLoader } from "./beside-loader.ts";
import { readFirmwareKeys } from "./read-firmware-keys.ts";
import { readTrustFiles, type TrustProblem } from "./read-trust.ts";
import { isSecureBootOn } from "./secure-boot.ts";

/** Everything that decides whether an image may be loaded. */
export interface Verification {
  readonly policy: VerifyPolicy;
  readonly trust: Trust;
  /** Images with a lower IMAGE_VERSION are refused. */
  readonly floor: number;
  readonly secureBoot: boolean;
  /** Verify= is ignored because it would weaken Secure Boot. */
  readonly overruled: boolean;
  readonly problems: readonly TrustProblem[];
}

/**
 * Reads this machine's verification policy and trust, or those in its initrd. `now` is in
 * milliseconds since the epoch. `named` is the image to load if it is not the loader's own choice.
 */
export function readVerification(
  settings: Settings,
  commandLine: string,
  files: FileReader,
  now: number,
  place: "here" | "initrd" = "here",
  named?: string,
): Verification {
  const { anchors, hasAnchors, revoked, floor, problems } = readTrustFiles(files);
  const secureBoot = isSecureBootOn(files);
  const decided = decidePolicy({
    parameter: parseParameters(commandLine).settings.verify,
    configured: settings.verify,
    ...{ secureBoot, hasAnchors },
    besideLoader: place === "here" && isBesideLoader(files, named),
  });
  const firmware = readFirmwareKeys(files, secureBoot);
  const trust = {
    ...{ kernelKeys: true, now },
    anchors: [...anchors, ...firmware.anchors],
    revoked: [...revoked, ...firmware.revoked],
    revokedHashes: firmware.revokedHashes,
  };
  return {
    ...{ ...decided, trust, floor, secureBoot },
    problems: [...problems, ...firmware.problems],
  };
}

/** /proc/cmdline; empty without /proc. */
export function readCommandLine(files: FileReader): string {
  const bytes = attempt(() => files.readBytes("/proc/cmdline", 65_536));
  return bytes === undefined ? "" : toByteString(bytes);
}
