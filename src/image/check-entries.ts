import { toByteString } from "../text/bytes.ts";
import { type Checked, refuse } from "../text/checked.ts";
import {
  initPath,
  isLoaderPath,
  manifestPath,
  mountPoints,
  releasePath,
  shutdownPath,
} from "../text/tree-paths.ts";
import type { CpioEntry } from "./cpio-entry.ts";
import { checkElf } from "./elf.ts";
import {
  type Digest,
  describeEntry,
  isManifestFile,
  isManifestLink,
  largestText,
  type Manifest,
  type ManifestEntry,
} from "./manifest.ts";
import { parseManifest } from "./parse-manifest.ts";
import type { ImageProblem, ManifestProblem } from "./problem.ts";

/**
 * Checks an image's entries against its manifest: each matches its description, none is missing or
 * extra, and none is at a path that belongs to the loader. There must be a release file and a
 * program that can run, built for `machine` (named as by uname -m), if given.
 */
export function checkEntries(
  entries: readonly CpioEntry[],
  machine: string | undefined,
  digest: Digest,
): Checked<Manifest, ImageProblem> {
  const found = entries.find((entry) => entry.path === manifestPath);
  if (found?.kind !== "file") return refuse({ kind: "no-manifest" });
  // The manifest of a loaded tree is read with the same limit.
  if (found.data.length > largestText) {
    return refuse({ kind: "bad-manifest", reason: `more than ${largestText >> 20} MiB` });
  }
  const manifest = parseManifest(toByteString(found.data));
  if (!manifest.ok) return manifest;
  const { architecture } = manifest.value;
  if (machine !== undefined && architecture !== machine) {
    return refuse({ kind: "architecture", image: architecture, machine });
  }
  const rest = entries.filter((entry) => entry !== found);
  const problem =
    compareEntries(manifest.value.entries, rest, digest) ??
    checkPlaces(rest) ??
    checkShutdown(rest, architecture);
  return problem === undefined ? manifest : refuse(problem);
}

function compareEntries(
  wanted: readonly ManifestEntry[],
  entries: readonly CpioEntry[],
  digest: Digest,
): ManifestProblem | undefined {
  const left = new Map(wanted.map((entry) => [entry.path, entry]));
  for (const entry of entries) {
    const description = left.get(entry.path);
    if (description === undefined) return { kind: "extra", path: entry.path };
    const problem = compareEntry(description, entry, digest);
    if (problem !== undefined) return problem;
    left.delete(entry.path);
  }
  for (const path of left.keys()) return { kind: "missing", path };
  return undefined;
}

/** Compares one entry with its description; the digest last, since it is the most expensive. */
export function compareEntry(
  wanted: ManifestEntry,
  entry: CpioEntry,
  digest: Digest,
): ManifestProblem | undefined {
  const { path } = wanted;
  if (kindOf(wanted) !== entry.kind) return { kind: "missing", path };
  if (Number.parseInt(wanted.mode, 8) !== entry.mode) {
    return { kind: "changed", path, what: "mode" };
  }
  if (isManifestLink(wanted) && entry.kind === "link") {
    return wanted.target === entry.target ? undefined : { kind: "changed", path, what: "target" };
  }
  if (!isManifestFile(wanted) || entry.kind !== "file") return undefined;
  if (wanted.size !== entry.data.length) return { kind: "changed", path, what: "size" };
  const found = describeEntry(entry, digest);
  const same = isManifestFile(found) && found.sha256 === wanted.sha256;
  return same ? undefined : { kind: "changed", path, what: "digest" };
}

function kindOf(wanted: ManifestEntry): CpioEntry["kind"] {
  if (isManifestLink(wanted)) return "link";
  return isManifestFile(wanted) ? "file" : "directory";
}

/** Where init mounts something. Nothing there is compared with the manifest at shutdown. */
const covered = [...mountPoints, initPath];

/** The loader recognizes a tree by its release file; its own files must not exist yet. */
function checkPlaces(entries: readonly CpioEntry[]): ManifestProblem | undefined {
  const taken = entries.find(({ path }) => isLoaderPath(path));
  if (taken !== undefined) return { kind: "loaders-own", path: taken.path };
  const link = entries.find(({ kind, path }) => kind === "link" && covered.includes(path));
  if (link !== undefined) return { kind: "missing", path: link.path };
  const hasRelease = entries.some(({ kind, path }) => kind === "file" && path === releasePath);
  return hasRelease ? undefined : { kind: "missing", path: releasePath };
}

function checkShutdown(
  entries: readonly CpioEntry[],
  architecture: string,
): ImageProblem | undefined {
  const last = entries.at(-1);
  if (last?.kind !== "file" || last.path !== shutdownPath) return { kind: "shutdown-not-last" };
  // systemd pivots if these bits are set, and checks nothing else.
  if ((last.mode & 0o111) !== 0o111) return { kind: "changed", path: shutdownPath, what: "mode" };
  const reason = checkElf(last.data, architecture);
  return reason === undefined ? undefined : { kind: "elf", path: shutdownPath, reason };
}
