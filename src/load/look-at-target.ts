import { compareEntry } from "../image/check-entries.ts";
import { parentOf } from "../image/check-path.ts";
import { parseRecord } from "../image/extension/parse-record.ts";
import type { ExtensionRecord } from "../image/extension/record.ts";
import {
  isManifestFile,
  largestText,
  type Manifest,
  type ManifestEntry,
} from "../image/manifest.ts";
import { parseManifest } from "../image/parse-manifest.ts";
import { isOurRelease } from "../image/release.ts";
import type { Measurement } from "../image/tpm/measurement.ts";
import { parseMeasurement } from "../image/tpm/measurement-text.ts";
import type { Codec, FileReader } from "../port/loader.ts";
import { findAdditions, readEntry } from "../port/read-tree.ts";
import { attempt } from "../port/sys-error.ts";
import { toByteString, toBytes } from "../text/bytes.ts";
import {
  configPath,
  loadedPath,
  manifestPath,
  measuredPath,
  recordPath,
  releasePath,
  shutdownPath,
} from "../text/tree-paths.ts";

/** What is at /run/initramfs. */
export type Occupant =
  | { readonly kind: "nothing" }
  | { readonly kind: "not-directory" }
  /** A directory of another program, or an empty one. */
  | {
      readonly kind: "foreign";
      readonly hasShutdown: boolean;
      /** Another file system is mounted there, or it is the root. */
      readonly isMounted: boolean;
    }
  | OurTree;

export interface OurTree {
  readonly kind: "ours";
  readonly manifest: Manifest;
  /** SHA-256 of its manifest.json, which identifies its contents. */
  readonly digest: string;
  /** Whether every file matches its two manifests. */
  readonly intact: boolean;
  /** Whether it is read through dm-verity, with the loader's additions next to it. */
  readonly sealed: boolean;
  /** The configuration that it was loaded with; undefined without one. */
  readonly configuration: string | undefined;
  /** Whether it was measured; undefined if there is no record. */
  readonly measurement: Measurement | undefined;
  /** The contents of its extensions.json; undefined if there is none. */
  readonly extensions: ExtensionRecord | undefined;
}

/** Examines what is mounted or stored at `target`, without changing anything. */
export function lookAtTarget(target: string, files: FileReader, codec: Codec): Occupant {
  const status = files.status(target);
  if (status === undefined) return { kind: "nothing" };
  if (status.kind !== "directory") return { kind: "not-directory" };
  // Our tree is a separate file system; a copy of its files in a directory is not ours.
  const isMounted = target === "/" || status.dev !== files.status(parentOf(target) || "/")?.dev;
  const ours = isMounted ? readOurs(target, files, codec) : undefined;
  if (ours !== undefined) return ours;
  return {
    kind: "foreign",
    isMounted,
    hasShutdown: files.status(`${target}/${shutdownPath}`) !== undefined,
  };
}

function readOurs(target: string, files: FileReader, codec: Codec): OurTree | undefined {
  const release = readTreeText(target, releasePath, files);
  const text = readTreeText(target, manifestPath, files);
  if (release === undefined || !isOurRelease(release) || text === undefined) return undefined;
  const manifest = parseManifest(text);
  if (!manifest.ok) return undefined;
  const added = findAdditions(target, files);
  const record = readTreeText(added, recordPath, files);
  const extensions = record === undefined ? undefined : parseRecord(record);
  const loaded = parseManifest(readTreeText(added, loadedPath, files) ?? "");
  const isIntact = (root: string) => (entry: ManifestEntry) => isSame(root, entry, files, codec);
  return {
    kind: "ours",
    manifest: manifest.value,
    digest: codec.sha256(toBytes(text)),
    intact:
      loaded.ok &&
      (record === undefined || extensions !== undefined) &&
      manifest.value.entries.every(isIntact(target)) &&
      loaded.value.entries.every(isIntact(added)),
    sealed: added !== target,
    configuration: readTreeText(added, configPath, files),
    measurement: readLoadedMeasurement(target, files),
    extensions,
  };
}

/** The configuration that PID 1 will read, as text. */
export function readLoadedConfig(target: string, files: FileReader): string | undefined {
  return readTreeText(findAdditions(target, files), configPath, files);
}

/** Whether it was measured when it was loaded; undefined if there is no record. */
export function readLoadedMeasurement(target: string, files: FileReader): Measurement | undefined {
  const text = readTreeText(findAdditions(target, files), measuredPath, files);
  return text === undefined ? undefined : parseMeasurement(text);
}

function readTreeText(target: string, path: string, files: FileReader): string | undefined {
  const bytes = attempt(() => files.readBytes(`${target}/${path}`, largestText));
  return bytes && toByteString(bytes);
}

function isSame(target: string, wanted: ManifestEntry, files: FileReader, codec: Codec): boolean {
  if (!isManifestFile(wanted) && isMountPoint(target, wanted.path, files)) return true;
  const entry = readEntry(target, wanted.path, files);
  return entry !== undefined && compareEntry(wanted, entry, codec.sha256) === undefined;
}

/**
 * For a mount that is shown in the tree, only what is below it counts; files are compared one by
 * one.
 */
function isMountPoint(target: string, path: string, files: FileReader): boolean {
  const status = attempt(() => files.status(`${target}/${path}`));
  return status?.kind === "directory" && status.dev !== files.status(target)?.dev;
}
