import type { CpioEntry } from "./cpio-entry.ts";
import type { ExtensionIdentity } from "./extension/extension.ts";

/** In bytes, unpacked: far above any image, far below what a boot could not spare. */
export const largestImage = 64 * 1024 * 1024;

/** In bytes: an entry has a line of some hundred, and extensions may bring thousands. */
export const largestText = 4 * 1024 * 1024;

/** What an image says of itself: the text of `manifest.json`. */
export interface Manifest {
  /** The version of this format. */
  readonly format: 1;
  /** The exitrd that built it. */
  readonly version: string;
  /** As printed by uname -m. */
  readonly architecture: string;
  /** What 'exitrd build --sysext' put into it. */
  readonly extensions: readonly ExtensionIdentity[];
  /** All that is in the image but the manifest itself, in the archive's order. */
  readonly entries: readonly ManifestEntry[];
}

/** `mode` in octal, four digits. */
export type ManifestEntry = ManifestDirectory | ManifestFile;

export interface ManifestDirectory {
  readonly path: string;
  readonly mode: string;
}

export interface ManifestFile extends ManifestDirectory {
  readonly size: number;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Of a program or library of the machine that built it. */
  readonly origin?: Origin;
}

/** Where a file was copied from. */
export interface Origin {
  /** Its path there, absolute. */
  readonly file: string;
  /** The package that owns it, and its version; undefined where nobody tells. */
  readonly package?: string;
  readonly version?: string;
}

/** SHA-256 in lower-case hexadecimal. */
export type Digest = (data: Uint8Array) => string;

export function isManifestFile(entry: ManifestEntry): entry is ManifestFile {
  return "sha256" in entry;
}

/** Describes one entry as the manifest holds it. */
export function describeEntry(entry: CpioEntry, digest: Digest): ManifestEntry {
  const mode = entry.mode.toString(8).padStart(4, "0");
  if (entry.kind === "directory") return { path: entry.path, mode };
  return { path: entry.path, mode, size: entry.data.length, sha256: digest(entry.data) };
}

/** One spelling for one manifest: keys in a fixed order, an entry a line, ASCII only. */
export function stringifyManifest(manifest: Manifest): string {
  const { format, version, architecture, extensions } = manifest;
  // Absent where there are none: such an image is as it was before there were extensions.
  const head = { format, version, architecture, ...(extensions.length > 0 && { extensions }) };
  const lines = manifest.entries.map((entry) => `    ${JSON.stringify(orderKeys(entry))}`);
  const text = `${JSON.stringify(head).slice(0, -1)},"entries":[\n${lines.join(",\n")}\n]}\n`;
  return escapeBytes(text);
}

function orderKeys(entry: ManifestEntry): ManifestEntry {
  const { path, mode } = entry;
  if (!isManifestFile(entry)) return { path, mode };
  const { size, sha256, origin } = entry;
  return { path, mode, size, sha256, ...(origin && { origin: orderOrigin(origin) }) };
}

function orderOrigin({ file, package: name, version }: Origin): Origin {
  return { file, ...(name !== undefined && { package: name }), ...(version && { version }) };
}

/** JSON is UTF-8, paths are bytes: what is not ASCII is written as an escape. */
export function escapeBytes(text: string): string {
  return text.replace(/[\u0080-\u00ff]/g, (byte) => {
    return `\\u${byte.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
