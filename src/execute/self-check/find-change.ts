import { compareEntry } from "../../image/check-entries.ts";
import { type Digest, largestText, type ManifestEntry } from "../../image/manifest.ts";
import { parseManifest } from "../../image/parse-manifest.ts";
import type { TreeChange } from "../../image/tree-change.ts";
import type { FileReader } from "../../port/loader.ts";
import { findAdditions, readEntry } from "../../port/read-tree.ts";
import { attempt } from "../../port/sys-error.ts";
import { toByteString } from "../../text/bytes.ts";
import { initPath, loadedPath, manifestPath, mountPoints } from "../../text/tree-paths.ts";

/** What init mounts over. */
const covered = [...mountPoints, initPath];

/**
 * Compares the tree at `root` ("" for /) with its two manifests, that of the image and that of the
 * loader's additions. Returns the first difference, or undefined. The mounts that systemd-shutdown
 * makes in the tree are not a difference.
 */
export function findChange(
  root: string,
  files: FileReader,
  digest: Digest,
): TreeChange | undefined {
  const added = findAdditions(root, files);
  const own = readManifest(root, manifestPath, files);
  if (own === undefined) return { path: manifestPath, what: "manifest" };
  const loaded = readManifest(added, loadedPath, files);
  if (loaded === undefined) return { path: loadedPath, what: "manifest" };
  const wanted = new Map(own.map((entry) => [entry.path, entry]));
  if (added === root) for (const entry of loaded) wanted.set(entry.path, entry);
  const known = new Set([...wanted.keys(), manifestPath, loadedPath]);
  const entries = [...wanted.values()].filter(({ path }) => !covered.includes(path));
  // Extra files last, because systemd adds directories of its own to a tree that was made writable.
  return (
    findChanged(root, entries, files, digest) ??
    findChanged(added, added === root ? [] : loaded, files, digest) ??
    findStranger(root, "", known, files)
  );
}

function readManifest(
  root: string,
  path: string,
  files: FileReader,
): readonly ManifestEntry[] | undefined {
  const bytes = attempt(() => files.readBytes(`${root}/${path}`, largestText));
  const manifest = bytes && parseManifest(toByteString(bytes));
  return manifest?.ok ? manifest.value.entries : undefined;
}

function findChanged(
  root: string,
  entries: readonly ManifestEntry[],
  files: FileReader,
  digest: Digest,
): TreeChange | undefined {
  const { dev } = files.status(`${root}/`) ?? {};
  for (const wanted of entries) {
    const { path } = wanted;
    const status = attempt(() => files.status(`${root}/${path}`));
    if (status !== undefined && status.dev !== dev) return { path, what: "mounted" };
    const entry = readEntry(root, path, files);
    const problem = entry && compareEntry(wanted, entry, digest);
    if (problem?.kind === "changed") return { path, what: problem.what };
    if (entry === undefined || problem !== undefined) return { path, what: "missing" };
  }
  return undefined;
}

/** Finds the first file that no manifest has, depth first. */
function findStranger(
  root: string,
  folder: string,
  known: ReadonlySet<string>,
  files: FileReader,
): TreeChange | undefined {
  for (const name of files.readDir(`${root}/${folder}`)) {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (covered.includes(path)) continue;
    if (!known.has(path)) return { path, what: "extra" };
    const isFolder = files.status(`${root}/${path}`)?.kind === "directory";
    const stranger = isFolder ? findStranger(root, path, known, files) : undefined;
    if (stranger !== undefined) return stranger;
  }
  return undefined;
}
