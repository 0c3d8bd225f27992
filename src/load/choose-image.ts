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

/** The image to load: this machine's or the package's. */
export interface ChosenImage {
  readonly path: string;
  /** Why this machine's image is not used although there is one. */
  readonly passedOver: PassedOver | undefined;
}

export type PassedOver =
  | { readonly kind: "refused"; readonly path: string; readonly failure: LoadFailure }
  | {
      readonly kind: "older";
      readonly path: string;
      readonly version: string;
      readonly packageVersion: string;
    };

/**
 * Chooses the image that was built or signed on this machine, if it can be loaded; otherwise the
 * package's image is better than none. An image of an older exitrd that build.conf does not rebuild
 * was made by hand before an upgrade and would hide all fixes since then, so the package's image is
 * chosen. A package's image that this machine would reject never replaces one that it would accept.
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

/** A dangling link counts as an image: an administrator wants one there. */
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
  // An empty one does not request a build.
  const conf = attempt(() => ports.files.status(buildConf));
  if (own.ok && conf !== undefined && conf.size > 0) return undefined;
  const other = readImage(shipped, verification, ports);
  if (!other.ok) return undefined;
  if (!own.ok) return { kind: "refused", path: local, failure: own.problem };
  const { version } = own.value.image.manifest;
  const packageVersion = other.value.image.manifest.version;
  const isOlder = numberVersion(version) < numberVersion(packageVersion);
  return isOlder ? { kind: "older", path: local, version, packageVersion } : undefined;
}
