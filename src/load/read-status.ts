import { largestImage, type Manifest } from "../image/manifest.ts";
import type { ImageProblem } from "../image/problem.ts";
import type { Arithmetic } from "../image/sign/arithmetic.ts";
import type { ImageTrust } from "../image/sign/image-trust.ts";
import type { Update } from "../image/updates.ts";
import { parseMountinfo } from "../kinds/mount/mountinfo.ts";
import type { Codec, FileReader, PlainReader } from "../port/loader.ts";
import { attempt, type SysFailure, trySys } from "../port/sys-error.ts";
import type { Reader } from "../port/teardown.ts";
import type { Mount } from "../teardown/snapshot/base.ts";
import { type Checked, refuse } from "../text/checked.ts";
import { manifestPath, shutdownPath } from "../text/tree-paths.ts";
import { checkImage } from "./check-image.ts";
import { findUpdates } from "./find-updates.ts";
import { lookAtTarget, type Occupant } from "./look-at-target.ts";
import type { Verification } from "./read-verification.ts";
import { checkFloor, type VerifyProblem, verifyImage } from "./verify-image.ts";

export interface StatusPorts {
  readonly files: FileReader & PlainReader;
  readonly reader: Reader;
  readonly codec: Codec;
  readonly arithmetic: Arithmetic;
  readonly machine: string;
}

/** The state on disk and in RAM. */
export interface LoadStatus {
  readonly image: ImageStatus;
  readonly occupant: Occupant;
  /** The mount at the target; undefined if there is none. */
  readonly mount: Mount | undefined;
  /** Whether systemd-shutdown will find a tree to pivot into, by its own test. */
  readonly pivots: boolean;
}

export type ImageStatus =
  | { readonly kind: "unreadable"; readonly error: SysFailure }
  | { readonly kind: "bad"; readonly problem: ImageProblem }
  /** `digest` is that of its manifest.json, to compare with the loaded tree's. */
  | {
      readonly kind: "good";
      readonly version: string;
      readonly digest: string;
      readonly manifest: Manifest;
      /** Whether a tree of this image is read through dm-verity. */
      readonly sealed: boolean;
      /** Programs whose copies in the image are outdated; none if the image would be rejected. */
      readonly updates: readonly Update[];
      /** The result of verifying its signature: whether 'exitrd load' would accept the image. */
      readonly trust: Checked<ImageTrust, VerifyProblem>;
    };

/** Reads the image at `image` and the state of `target`, without changing anything. */
export function readStatus(
  image: string,
  target: string,
  verification: Verification,
  ports: StatusPorts,
): LoadStatus {
  const { files, codec } = ports;
  return {
    image: readImage(image, verification, ports),
    occupant: lookAtTarget(target, files, codec),
    mount: findMount(target, ports.reader),
    pivots: files.isExecutable(`${target}/${shutdownPath}`),
  };
}

function readImage(path: string, verification: Verification, ports: StatusPorts): ImageStatus {
  const { files, codec, machine } = ports;
  const bytes = trySys(() => files.readBytes(path, largestImage));
  if (!bytes.ok) return { kind: "unreadable", error: bytes.problem };
  const checked = checkImage(bytes.value, machine, codec);
  if (!checked.ok) return { kind: "bad", problem: checked.problem };
  const { manifest, entries, sealed } = checked.value;
  const text = entries.find((entry) => entry.path === manifestPath);
  if (text?.kind !== "file") throw new Error("a checked image has no manifest");
  const digest = codec.sha256(text.data);
  const rollback = checkFloor(checked.value, verification);
  const trust =
    rollback === undefined ? verifyImage(path, bytes.value, verification, ports) : refuse(rollback);
  const { version } = manifest;
  // An unverified manifest may have been written by anybody.
  const updates = trust.ok ? findUpdates(manifest, files, codec) : [];
  return {
    ...{ kind: "good", version, digest, manifest, updates, trust },
    sealed: sealed !== undefined,
  };
}

function findMount(target: string, reader: Reader): Mount | undefined {
  const mountId = attempt(() => reader.stat(target).mountId);
  const text = attempt(() => reader.readText("/proc/self/mountinfo")) ?? "";
  return parseMountinfo(text).find(({ id }) => id === mountId);
}
