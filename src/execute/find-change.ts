import { toByteString } from "../core/image/bytes.ts";
import { compareEntry } from "../core/image/check-entries.ts";
import {
  type Digest,
  loadedPath,
  type ManifestEntry,
  manifestPath,
  mountPoints,
} from "../core/image/manifest.ts";
import { parseManifest } from "../core/image/parse-manifest.ts";
import type { TreeChange } from "../core/image/tree-change.ts";
import type { FileReader } from "../port/files.ts";
import { readEntry } from "../port/read-entry.ts";
import { attempt } from "../port/sys-error.ts";

const largestManifest = 1024 * 1024;

/**
 * Compares the tree at `root` ("" for /) with its two manifests, that of the image and
 * that of what the loader added; the first difference, or undefined. What systemd-shutdown
 * itself does to the tree, its mounts, is none.
 */
export function findChange(
  root: string,
  files: FileReader,
  digest: Digest,
): TreeChange | undefined {
  const wanted = new Map<string, ManifestEntry>();
  for (const path of [manifestPath, loadedPath]) {
    const entries = readManifest(root, path, files);
    if (entries === undefined) return { path, what: "manifest" };
    for (const entry of entries) wanted.set(entry.path, entry);
  }
  const known = new Set([...wanted.keys(), manifestPath, loadedPath]);
  return (
    findStranger(root, "", known, files) ?? findChanged(root, [...wanted.values()], files, digest)
  );
}

function readManifest(
  root: string,
  path: string,
  files: FileReader,
): readonly ManifestEntry[] | undefined {
  const bytes = attempt(() => files.readBytes(`${root}/${path}`, largestManifest));
  const manifest = bytes && parseManifest(toByteString(bytes));
  return manifest?.ok ? manifest.value.entries : undefined;
}

function findChanged(
  root: string,
  entries: readonly ManifestEntry[],
  files: FileReader,
  digest: Digest,
): TreeChange | undefined {
  for (const wanted of entries) {
    const { path } = wanted;
    if (mountPoints.includes(path)) continue;
    const entry = readEntry(root, path, files);
    const problem = entry && compareEntry(wanted, entry, digest);
    if (problem?.kind === "changed") return { path, what: problem.what };
    if (entry === undefined || problem !== undefined) return { path, what: "missing" };
  }
  return undefined;
}

/** Depth first, for what no manifest has, or another mount covers. */
function findStranger(
  root: string,
  folder: string,
  known: ReadonlySet<string>,
  files: FileReader,
): TreeChange | undefined {
  const { dev } = files.status(`${root}/`) ?? {};
  for (const name of files.readDir(`${root}/${folder}`)) {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (mountPoints.includes(path)) continue;
    if (!known.has(path)) return { path, what: "extra" };
    const status = files.status(`${root}/${path}`);
    if (status?.dev !== dev) return { path, what: "mounted" };
    const change =
      status?.kind === "directory" ? findStranger(root, path, known, files) : undefined;
    if (change !== undefined) return change;
  }
  return undefined;
}
