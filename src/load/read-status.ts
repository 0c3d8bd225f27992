import { largestImage, type Manifest } from "../image/manifest.ts";
import type { ImageProblem } from "../image/problem.ts";
import type { Arithmetic } from "../image/sign/arithmetic.ts";
import type { ImageTrust } from "../image/sign/image-trust.ts";
import type { Update } from "../image/updates.ts";
import { parseMountinfo } from "../kinds/mount/mountinfo.ts";
import type { Codec, FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
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
  readonly files: FileReader;
  readonly reader: Reader;
  readonly codec: Codec;
  readonly arithmetic: Arithmetic;
  readonly machine: string;
}

/** The state on disk and in RAM. */
export interface LoadStatus {
  readonly image: ImageStatus;
  readonly occupant: Occupant;
  /** The mount at the target; undefined where there is none. */
  readonly mount: Mount | undefined;
  /** Whether systemd-shutdown will find something to pivot into: its own question. */
  readonly pivots: boolean;
}

export type ImageStatus =
  | { readonly kind: "unreadable" }
  | { readonly kind: "bad"; readonly problem: ImageProblem }
  /** `digest` of its manifest.json, to compare with the loaded tree's. */
  | {
      readonly kind: "good";
      readonly version: string;
      readonly digest: string;
      readonly manifest: Manifest;
      /** Whether a tree of it is read through dm-verity. */
      readonly sealed: boolean;
      /** The programs of this machine that it has an older copy of; none where it would be refused. */
      readonly updates: readonly Update[];
      /** What its signature says, and whether 'exitrd load' would take it. */
      readonly trust: Checked<ImageTrust, VerifyProblem>;
    };

/** Reads the image at `image` and what is at `target`, and changes nothing. */
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
  const bytes = attempt(() => files.readBytes(path, largestImage));
  if (bytes === undefined) return { kind: "unreadable" };
  const checked = checkImage(bytes, machine, codec);
  if (!checked.ok) return { kind: "bad", problem: checked.problem };
  const { manifest, entries, sealed } = checked.value;
  const text = entries.find((entry) => entry.path === manifestPath);
  if (text?.kind !== "file") throw new Error("a checked image without its manifest");
  const digest = codec.sha256(text.data);
  const rollback = checkFloor(checked.value, verification);
  const trust =
    rollback === undefined ? verifyImage(path, bytes, verification, ports) : refuse(rollback);
  const { version } = manifest;
  // Anybody can write a manifest.
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
