import type { CpioEntry } from "../image/cpio-entry.ts";
import { type Digest, describeEntry, type Manifest, stringifyManifest } from "../image/manifest.ts";
import { toBytes } from "../text/bytes.ts";
import { loadedPath, shutdownPath } from "../text/tree-paths.ts";
import type { CheckedImage } from "./check-image.ts";

/**
 * Lists the files to be unpacked: the image's entries, the loader's `additions` and a manifest of
 * the additions, by which later changes to them are detected. Additions come after the directories
 * and before the entries that make the tree executable.
 */
export function addLoaded(
  image: CheckedImage,
  additions: readonly CpioEntry[],
  digest: Digest,
): readonly CpioEntry[] {
  const list = listLoaded(image, additions, digest);
  return image.entries.flatMap((entry) =>
    entry.path === shutdownPath ? [...additions, list, entry] : [entry],
  );
}

/** The manifest of the loader's additions. */
export function listLoaded(
  { manifest }: CheckedImage,
  additions: readonly CpioEntry[],
  digest: Digest,
): CpioEntry {
  const loaded: Manifest = {
    ...manifest,
    extensions: [],
    entries: additions.map((entry) => describeEntry(entry, digest)),
  };
  const data = toBytes(stringifyManifest(loaded));
  return { kind: "file", path: loadedPath, mode: 0o444, data };
}
