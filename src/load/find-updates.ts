import type { Manifest, ManifestEntry, ManifestFile, Origin } from "../image/manifest.ts";
import { isManifestFile } from "../image/manifest.ts";
import type { Update } from "../image/updates.ts";
import type { Codec } from "../port/codec.ts";
import type { FileReader } from "../port/files.ts";
import { trySys } from "../port/sys-failure.ts";

type Copy = ManifestFile & { readonly origin: Origin };

const largestOrigin = 64 * 1024 * 1024;
const missing = ["ENOENT", "ENOTDIR"];

/** Here a file may do something by being read. */
const kernelPlaces = /^\/(proc|sys|dev)\//;

/**
 * Compares the copies in an image with the files that they are copies of. It opens plain
 * files only: a manifest may name any path, and a device may do something by being opened.
 */
export function findUpdates(
  manifest: Manifest,
  files: FileReader,
  codec: Codec,
): readonly Update[] {
  return manifest.entries.filter(isCopy).flatMap(({ origin, sha256 }): readonly Update[] => {
    const data = trySys(() => readPlain(origin.file, files));
    if (data.ok) {
      const isSame = data.value === undefined || codec.sha256(data.value) === sha256;
      return isSame ? [] : [{ origin, state: "changed" }];
    }
    // Who may not read it cannot tell.
    return missing.includes(data.problem.code) ? [{ origin, state: "gone" }] : [];
  });
}

/** Undefined where it is no plain file; where there is nothing it fails as open(2) does. */
function readPlain(path: string, files: FileReader): Uint8Array | undefined {
  const real = files.realPath(path);
  if (real === undefined) return files.readBytes(path, largestOrigin);
  const isPlain = files.status(real)?.kind === "file" && !kernelPlaces.test(real);
  return isPlain ? files.readBytes(real, largestOrigin) : undefined;
}

export function isCopy(entry: ManifestEntry): entry is Copy {
  return isManifestFile(entry) && entry.origin !== undefined;
}
