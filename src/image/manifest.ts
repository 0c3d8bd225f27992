import type { CpioEntry } from "./cpio-entry.ts";
import type { ExtensionIdentity } from "./extension/extension.ts";

/** In unpacked bytes: far more than any image needs, and far less than any machine's memory. */
export const largestImage = 64 * 1024 * 1024;

/** In bytes: an entry takes a few hundred, and extensions may add thousands of entries. */
export const largestText = 4 * 1024 * 1024;

/** The description of an image, stored as `manifest.json`. */
export interface Manifest {
  /** The version of this format. */
  readonly format: 1;
  /** The exitrd that built it. */
  readonly version: string;
  /** Named as by uname -m. */
  readonly architecture: string;
  /** The extensions added by 'exitrd build --sysext'. */
  readonly extensions: readonly ExtensionIdentity[];
  /** All entries of the image except the manifest itself, in the archive's order. */
  readonly entries: readonly ManifestEntry[];
}

/** `mode` is four octal digits. */
export type ManifestEntry = ManifestDirectory | ManifestFile | ManifestLink;

export interface ManifestDirectory {
  readonly path: string;
  readonly mode: string;
}

export interface ManifestLink extends ManifestDirectory {
  readonly target: string;
}

export interface ManifestFile extends ManifestDirectory {
  readonly size: number;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** The origin of a program or library copied from the machine that built the image. */
  readonly origin?: Origin;
}

/** The original of a copied file. */
export interface Origin {
  /** The absolute path on the machine that built the image. */
  readonly file: string;
  /** The package that owns it, and its version; undefined if unknown. */
  readonly package?: string;
  readonly version?: string;
}

/** SHA-256 in lower-case hexadecimal. */
export type Digest = (data: Uint8Array) => string;

export function isManifestFile(entry: ManifestEntry): entry is ManifestFile {
  return "sha256" in entry;
}

export function isManifestLink(entry: ManifestEntry): entry is ManifestLink {
  return "target" in entry;
}

/** Describes one entry for the manifest. */
export function describeEntry(entry: CpioEntry, digest: Digest): ManifestEntry {
  const mode = entry.mode.toString(8).padStart(4, "0");
  if (entry.kind === "directory") return { path: entry.path, mode };
  if (entry.kind === "link") return { path: entry.path, mode, target: entry.target };
  return { path: entry.path, mode, size: entry.data.length, sha256: digest(entry.data) };
}

/**
 * Writes a manifest as text: keys in a fixed order, one entry per line, ASCII only, so equal
 * manifests give equal text.
 */
export function stringifyManifest(manifest: Manifest): string {
  const { format, version, architecture, extensions } = manifest;
  // Absent without extensions, as in images that are older than extensions.
  const head = { format, version, architecture, ...(extensions.length > 0 && { extensions }) };
  const lines = manifest.entries.map((entry) => `    ${JSON.stringify(orderKeys(entry))}`);
  const text = `${JSON.stringify(head).slice(0, -1)},"entries":[\n${lines.join(",\n")}\n]}\n`;
  return escapeBytes(text);
}

function orderKeys(entry: ManifestEntry): ManifestEntry {
  const { path, mode } = entry;
  if (isManifestLink(entry)) return { path, mode, target: entry.target };
  if (!isManifestFile(entry)) return { path, mode };
  const { size, sha256, origin } = entry;
  return { path, mode, size, sha256, ...(origin && { origin: orderOrigin(origin) }) };
}

function orderOrigin({ file, package: name, version }: Origin): Origin {
  return { file, ...(name !== undefined && { package: name }), ...(version && { version }) };
}

/** JSON is UTF-8, but paths are bytes: everything except ASCII is escaped. */
export function escapeBytes(text: string): string {
  return text.replace(/[\u0080-\u00ff]/g, (byte) => {
    return `\\u${byte.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
