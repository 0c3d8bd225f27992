import { toBytes } from "../text/bytes.ts";
import { manifestPath, mountPoints, releasePath, shutdownPath } from "../text/tree-paths.ts";
import type { AddedProgram } from "./added-program.ts";
import { parentOf } from "./check-path.ts";
import type { CpioEntry } from "./cpio-entry.ts";
import type { ExtensionIdentity } from "./extension/extension.ts";
import { type Digest, describeEntry, type Manifest, stringifyManifest } from "./manifest.ts";
import { makeRelease } from "./release.ts";

export interface ImageInput {
  readonly version: string;
  /** Never lower in a later image: IMAGE_VERSION of os-release(5). */
  readonly imageVersion: number;
  /** As printed by uname -m. */
  readonly architecture: string;
  /** The program that becomes /shutdown. */
  readonly shutdown: Uint8Array;
  readonly programs: readonly AddedProgram[];
  readonly extensions: readonly ExtensionIdentity[];
  /** The files that these add to `listBase`, in the order of unpacking. */
  readonly extensionEntries: readonly CpioEntry[];
}

/** Lists the entries of an image, in the order of unpacking: `shutdown` comes last. */
export function composeImage(input: ImageInput, digest: Digest): readonly CpioEntry[] {
  const release = makeRelease(input.version, input.imageVersion);
  const head = [...listBase(release, input.programs), ...input.extensionEntries];
  const shutdown: CpioEntry = {
    kind: "file",
    path: shutdownPath,
    mode: 0o555,
    data: input.shutdown,
  };
  const origins = new Map(input.programs.map(({ path, origin }) => [path, origin]));
  const manifest: Manifest = {
    format: 1,
    version: input.version,
    architecture: input.architecture,
    extensions: input.extensions,
    entries: [...head, shutdown].map((entry) => {
      const origin = origins.get(entry.path);
      return { ...describeEntry(entry, digest), ...(origin && { origin }) };
    }),
  };
  const data = toBytes(stringifyManifest(manifest));
  return [...head, { kind: "file", path: manifestPath, mode: 0o444, data }, shutdown];
}

/** The entries of every image and the programs: everything except extensions. */
export function listBase(release: string, programs: readonly AddedProgram[]): readonly CpioEntry[] {
  return [
    ...mountPoints.map((path) => ({ kind: "directory", path, mode: 0o755 }) as const),
    { kind: "directory", path: "etc", mode: 0o755 },
    { kind: "file", path: releasePath, mode: 0o444, data: toBytes(release) },
    ...listAdded(programs),
  ];
}

/** Sorted by path, directories first, so that the order of the options makes no difference. */
function listAdded(programs: readonly AddedProgram[]): readonly CpioEntry[] {
  const directories = new Set(programs.flatMap(({ path }) => listParents(path)));
  return [
    ...[...directories].sort().map((path) => ({ kind: "directory", path, mode: 0o755 }) as const),
    ...programs
      .toSorted((a, b) => (a.path < b.path ? -1 : 1))
      .map(({ path, mode, data }) => ({ kind: "file", path, mode, data }) as const),
  ];
}

function listParents(path: string): readonly string[] {
  const parent = parentOf(path);
  return parent === "" ? [] : [...listParents(parent), parent];
}
