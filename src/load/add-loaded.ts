import type { CpioEntry } from "../image/cpio-entry.ts";
import type { Digest, Manifest } from "../image/manifest.ts";
import { describeEntry, stringifyManifest } from "../image/manifest.ts";
import { toBytes } from "../text/bytes.ts";
import { loadedPath, shutdownPath } from "../text/tree-paths.ts";
import type { CheckedImage } from "./check-image.ts";

/**
 * Lists what is unpacked: an image's entries with `additions`, after the directories and
 * before what makes the tree executable, and with a manifest of the additions, by which a
 * change of theirs is seen as well as one of the image's.
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

/** A manifest of what is added to an image. */
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
