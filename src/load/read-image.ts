import { largestImage } from "../image/manifest.ts";
import type { ImageTrust } from "../image/sign/image-trust.ts";
import { trySys } from "../port/sys-error.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { type CheckedImage, checkImage } from "./check-image.ts";
import type { LoadFailure } from "./load-failure.ts";
import type { Verification } from "./read-verification.ts";
import { checkFloor, type VerifyPorts, verifyImage } from "./verify-image.ts";

export interface ReadImagePorts extends VerifyPorts {
  /** uname(2)'s machine. */
  readonly machine: string;
}

export interface ReadImage {
  /** The bytes that were verified: these are measured and unpacked. */
  readonly data: Uint8Array;
  readonly image: CheckedImage;
  readonly trust: ImageTrust;
}

/** Reads an image and checks it; returns why this machine would not load it, if so. */
export function readImage(
  image: string,
  verification: Verification,
  ports: ReadImagePorts,
): Checked<ReadImage, LoadFailure> {
  const { files, codec, machine } = ports;
  const bytes = trySys(() => files.readBytes(image, largestImage));
  if (!bytes.ok) return refuse({ kind: "unreadable", image, error: bytes.problem });
  const data = bytes.value;
  const trust = verifyImage(image, data, verification, ports);
  if (!trust.ok) return refuse({ kind: "unverified", image, problem: trust.problem });
  const checked = checkImage(data, machine, codec);
  if (!checked.ok) return refuse({ kind: "bad-image", image, problem: checked.problem });
  const rollback = checkFloor(checked.value, verification);
  if (rollback !== undefined) return refuse({ kind: "unverified", image, problem: rollback });
  return accept({ data, image: checked.value, trust: trust.value });
}
