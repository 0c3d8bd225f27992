import { toBytes } from "../core/image/bytes.ts";
import type { CpioEntry } from "../core/image/cpio-entry.ts";
import {
  type Digest,
  describeEntry,
  loadedPath,
  type Manifest,
  shutdownPath,
  stringifyManifest,
} from "../core/image/manifest.ts";
import type { CheckedImage } from "./check-image.ts";

/**
 * Lists what is unpacked: an image's entries with `additions`, after the directories and
 * before what makes the tree executable, and with a manifest of the additions, by which a
 * change of theirs is seen as well as one of the image's.
 */
export function addLoaded(
  { manifest, entries }: CheckedImage,
  additions: readonly CpioEntry[],
  digest: Digest,
): readonly CpioEntry[] {
  const loaded: Manifest = {
    ...manifest,
    extensions: [],
    entries: additions.map((entry) => describeEntry(entry, digest)),
  };
  const data = toBytes(stringifyManifest(loaded));
  const list: CpioEntry = { kind: "file", path: loadedPath, mode: 0o444, data };
  return entries.flatMap((entry) =>
    entry.path === shutdownPath ? [...additions, list, entry] : [entry],
  );
}
