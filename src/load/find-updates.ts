import {
  isManifestFile,
  type Manifest,
  type ManifestEntry,
  type ManifestFile,
  type Origin,
} from "../image/manifest.ts";
import type { Update } from "../image/updates.ts";
import type { Digests, PlainReader } from "../port/loader.ts";
import { trySys } from "../port/sys-error.ts";

type Copy = ManifestFile & { readonly origin: Origin };

const largestOrigin = 64 * 1024 * 1024;
const missing = ["ENOENT", "ENOTDIR"];

/** Reading a file here may have side effects. */
const kernelPlaces = /^\/(proc|sys|dev)\//;

/**
 * Compares the copied files of an image with their originals. Opens regular files only: a manifest
 * may name any path, and opening a device may have side effects.
 */
export function findUpdates(
  manifest: Manifest,
  { readPlain }: PlainReader,
  { sha256: digest }: Pick<Digests, "sha256">,
): readonly Update[] {
  return manifest.entries.filter(isCopy).flatMap(({ origin, sha256 }): readonly Update[] => {
    const data = trySys(() => readPlain(origin.file, largestOrigin, kernelPlaces));
    if (data.ok) {
      const isSame = data.value === undefined || digest(data.value) === sha256;
      return isSame ? [] : [{ origin, state: "changed" }];
    }
    // Without permission to read the file, there is nothing to compare.
    return missing.includes(data.problem.code) ? [{ origin, state: "gone" }] : [];
  });
}

export function isCopy(entry: ManifestEntry): entry is Copy {
  return isManifestFile(entry) && entry.origin !== undefined;
}
