import {
  isManifestFile,
  type Manifest,
  type ManifestEntry,
  type ManifestFile,
  type Origin,
} from "../image/manifest.ts";
import type { Update } from "../image/updates.ts";
import type { Codec } from "../port/codec.ts";
import type { FileReader } from "../port/files.ts";
import { trySys } from "../port/sys-failure.ts";

type Copy = ManifestFile & { readonly origin: Origin };

const largestOrigin = 64 * 1024 * 1024;
const missing = ["ENOENT", "ENOTDIR"];

/** Compares the copies in an image with the files that they are copies of. */
export function findUpdates(
  manifest: Manifest,
  files: FileReader,
  codec: Codec,
): readonly Update[] {
  return manifest.entries.filter(isCopy).flatMap(({ origin, sha256 }): readonly Update[] => {
    const data = trySys(() => files.readBytes(origin.file, largestOrigin));
    if (data.ok) {
      return codec.sha256(data.value) === sha256 ? [] : [{ origin, state: "changed" }];
    }
    // Who may not read it cannot tell.
    return missing.includes(data.problem.code) ? [{ origin, state: "gone" }] : [];
  });
}

export function isCopy(entry: ManifestEntry): entry is Copy {
  return isManifestFile(entry) && entry.origin !== undefined;
}
