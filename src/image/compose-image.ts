import { toBytes } from "../text/bytes.ts";
import {
  initPath,
  manifestPath,
  mountPoints,
  releasePath,
  shutdownPath,
} from "../text/tree-paths.ts";
import type { AddedProgram } from "./added-program.ts";
import { parentOf } from "./check-path.ts";
import type { CpioEntry } from "./cpio-entry.ts";
import type { ExtensionIdentity } from "./extension/extension.ts";
import { listBelow } from "./lay-over.ts";
import {
  type Digest,
  describeEntry,
  type Manifest,
  type Origin,
  stringifyManifest,
} from "./manifest.ts";
import { makeRelease } from "./release.ts";

export interface ImageInput {
  readonly version: string;
  /** IMAGE_VERSION of os-release(5); later images must not have a lower one. */
  readonly imageVersion: number;
  /** As printed by uname -m. */
  readonly architecture: string;
  /** The program that becomes /shutdown. */
  readonly shutdown: Uint8Array;
  readonly programs: readonly AddedProgram[];
  readonly extensions: readonly ExtensionIdentity[];
  /** The part of an initrd that the image is based on. */
  readonly initrd: InitrdPart;
  /** The files that extensions add to `listBase`, in the order of unpacking. */
  readonly extensionEntries: readonly CpioEntry[];
}

export interface InitrdPart {
  readonly entries: readonly CpioEntry[];
  /** The origins of files that are also on this machine. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/** For an image that is not based on an initrd. */
export const noInitrd: InitrdPart = { entries: [], origins: new Map() };

/** Lists the entries of an image, in the order of unpacking: `shutdown` comes last. */
export function composeImage(input: ImageInput, digest: Digest): readonly CpioEntry[] {
  const release = makeRelease(input.version, input.imageVersion);
  const base = listBase(release, input.programs, input.initrd.entries);
  const head = [...base, ...input.extensionEntries];
  const shutdown: CpioEntry = {
    kind: "file",
    path: shutdownPath,
    mode: 0o555,
    data: input.shutdown,
  };
  const origins = new Map([
    ...input.initrd.origins,
    ...input.programs.map(({ path, origin }) => [path, origin] as const),
  ]);
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

/** All entries except those of extensions: the fixed ones, the programs and the part of an initrd. */
export function listBase(
  release: string,
  programs: readonly AddedProgram[],
  initrd: readonly CpioEntry[],
): readonly CpioEntry[] {
  const own: readonly CpioEntry[] = [
    ...mountPoints.map((path) => ({ kind: "directory", path, mode: 0o755 }) as const),
    { kind: "directory", path: "etc", mode: 0o755 },
    { kind: "directory", path: parentOf(initPath), mode: 0o755 },
    { kind: "file", path: releasePath, mode: 0o444, data: toBytes(release) },
    { kind: "file", path: initPath, mode: 0o555, data: new Uint8Array() },
    ...listAdded(programs),
  ];
  return [...own, ...listBelow(initrd, own)];
}

/** Sorted by path, directories first, so that the order of the options makes no difference. */
function listAdded(programs: readonly AddedProgram[]): readonly CpioEntry[] {
  const directories = new Set(programs.flatMap(({ path }) => listParents(path)));
  // On a machine where /sbin is not a link to /usr/sbin.
  directories.delete(parentOf(initPath));
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
