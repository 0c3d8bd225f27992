import { parseRecord } from "../core/extension/parse-record.ts";
import { type ExtensionRecord, recordPath } from "../core/extension/record.ts";
import { toByteString } from "../core/image/bytes.ts";
import { compareEntry } from "../core/image/check-entries.ts";
import { parentOf } from "../core/image/check-path.ts";
import {
  configPath,
  isManifestFile,
  type Manifest,
  type ManifestEntry,
  manifestPath,
  releasePath,
  shutdownPath,
} from "../core/image/manifest.ts";
import { parseManifest } from "../core/image/parse-manifest.ts";
import { isOurRelease } from "../core/image/release.ts";
import type { Codec } from "../port/codec.ts";
import type { FileReader } from "../port/files.ts";
import { attempt } from "../port/sys-error.ts";

/** What is at /run/initramfs. */
export type Occupant =
  | { readonly kind: "nothing" }
  | { readonly kind: "not-directory" }
  /** Somebody else's, or an empty one. */
  | { readonly kind: "foreign"; readonly hasShutdown: boolean }
  | {
      readonly kind: "ours";
      readonly manifest: Manifest;
      /** SHA-256 of its manifest.json: says which contents it has. */
      readonly digest: string;
      /** Whether every file is as the manifest has it. */
      readonly intact: boolean;
      /** The configuration that it was loaded with; undefined where there is none. */
      readonly configuration: string | undefined;
      /** What its extensions.json says; undefined where there is none. */
      readonly extensions: ExtensionRecord | undefined;
    };

// A record of extensions has a line of some hundred bytes for each of their files.
const largestText = 4 * 1024 * 1024;

/** Looks at what is mounted or lies at `target`, and changes nothing. */
export function lookAtTarget(target: string, files: FileReader, codec: Codec): Occupant {
  const status = files.status(target);
  if (status === undefined) return { kind: "nothing" };
  if (status.kind !== "directory") return { kind: "not-directory" };
  // Ours is a file system of its own: a copy of its files in a directory is not.
  const isMounted = status.dev !== files.status(parentOf(target) || "/")?.dev;
  const ours = isMounted ? readOurs(target, files, codec) : undefined;
  if (ours !== undefined) return ours;
  return {
    kind: "foreign",
    hasShutdown: files.status(`${target}/${shutdownPath}`) !== undefined,
  };
}

function readOurs(target: string, files: FileReader, codec: Codec): Occupant | undefined {
  const release = attempt(() => files.readBytes(`${target}/${releasePath}`, largestText));
  const text = attempt(() => files.readBytes(`${target}/${manifestPath}`, largestText));
  if (release === undefined || !isOurRelease(toByteString(release))) return undefined;
  if (text === undefined) return undefined;
  const manifest = parseManifest(toByteString(text));
  if (!manifest.ok) return undefined;
  const record = attempt(() => files.readBytes(`${target}/${recordPath}`, largestText));
  const extensions = record && parseRecord(toByteString(record));
  const added = extensions?.loaded.flatMap(({ entries }) => entries) ?? [];
  const intact =
    (record === undefined || extensions !== undefined) &&
    [...manifest.value.entries, ...added].every((entry) => isIntact(target, entry, files, codec));
  return {
    kind: "ours",
    manifest: manifest.value,
    digest: codec.sha256(text),
    intact,
    configuration: readLoadedConfig(target, files),
    extensions,
  };
}

/** The text that PID 1 will read. */
export function readLoadedConfig(target: string, files: FileReader): string | undefined {
  const bytes = attempt(() => files.readBytes(`${target}/${configPath}`, largestText));
  return bytes && toByteString(bytes);
}

function isIntact(target: string, wanted: ManifestEntry, files: FileReader, codec: Codec): boolean {
  const { path } = wanted;
  const status = files.status(`${target}/${path}`);
  if (status === undefined || status.kind === "other") return false;
  const { mode } = status;
  if (status.kind === "directory") {
    return compareEntry(wanted, { kind: "directory", path, mode }, codec.sha256) === undefined;
  }
  if (!isManifestFile(wanted) || status.size !== wanted.size) return false;
  const data = attempt(() => files.readBytes(`${target}/${path}`, wanted.size));
  if (data === undefined) return false;
  return compareEntry(wanted, { kind: "file", path, mode, data }, codec.sha256) === undefined;
}
