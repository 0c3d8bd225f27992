import { numberVersion } from "../image/image-version.ts";
import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import type { SealPolicy } from "../text/policies.ts";
import {
  buildConf,
  localImage,
  localSealedImage,
  packageImage,
  packageSealedImage,
} from "./image-places.ts";
import type { LoadFailure } from "./load-failure.ts";
import { type ReadImagePorts, readImage } from "./read-image.ts";
import type { Verification } from "./read-verification.ts";

/** Of the images of this machine and of the package, the one to be loaded. */
export interface ChosenImage {
  readonly path: string;
  /** Why it is not this machine's own, though there is one. */
  readonly passedOver: PassedOver | undefined;
}

export type PassedOver =
  | { readonly kind: "refused"; readonly failure: LoadFailure }
  | {
      readonly kind: "older";
      readonly path: string;
      readonly version: string;
      readonly packageVersion: string;
    };

/**
 * The image that was built or signed here, as long as it can be loaded. Where it cannot, the
 * package's is better than none. Where it is the work of an older exitrd, and build.conf does
 * not have a newer one built, it was made by hand before an upgrade, and would hide every fix
 * since. A package's image that this machine refuses never displaces one that it takes.
 */
export function chooseImage(
  seal: SealPolicy | undefined,
  verification: Verification,
  ports: ReadImagePorts,
): ChosenImage {
  const isSealed = seal === "verity";
  const local = isSealed ? localSealedImage : localImage;
  const shipped = isSealed ? packageSealedImage : packageImage;
  if (!isThere(local, ports.files)) return { path: shipped, passedOver: undefined };
  const passedOver = findReason(local, shipped, verification, ports);
  return { path: passedOver === undefined ? local : shipped, passedOver };
}

/** A link that leads nowhere counts: somebody wanted an image there. */
function isThere(path: string, files: FileReader): boolean {
  return attempt(() => files.status(path)) !== undefined;
}

function findReason(
  local: string,
  shipped: string,
  verification: Verification,
  ports: ReadImagePorts,
): PassedOver | undefined {
  const own = readImage(local, verification, ports);
  // Of an empty one nothing is built.
  const conf = attempt(() => ports.files.status(buildConf));
  if (own.ok && conf !== undefined && conf.size > 0) return undefined;
  const other = readImage(shipped, verification, ports);
  if (!other.ok) return undefined;
  if (!own.ok) return { kind: "refused", failure: own.problem };
  const { version } = own.value.image.manifest;
  const packageVersion = other.value.image.manifest.version;
  const isOlder = numberVersion(version) < numberVersion(packageVersion);
  return isOlder ? { kind: "older", path: local, version, packageVersion } : undefined;
}
