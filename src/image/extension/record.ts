import type { CpioEntry } from "../cpio-entry.ts";
import { type Digest, describeEntry, escapeBytes, type ManifestEntry } from "../manifest.ts";
import type { Extension, ExtensionIdentity } from "./extension.ts";

/** Which extensions were loaded into a tree, and which were rejected. */
export interface ExtensionRecord {
  readonly format: 1;
  readonly loaded: readonly LoadedExtension[];
  readonly refused: readonly RefusedExtension[];
}

export interface LoadedExtension extends ExtensionIdentity {
  /** The path that it was loaded from. */
  readonly path: string;
  /** The signer; empty if no signature was required. */
  readonly signer: string;
  /** The entries that it added to the image and the ones before, in the order of unpacking. */
  readonly entries: readonly ManifestEntry[];
}

export interface RefusedExtension {
  readonly path: string;
  /** As text, with what to do. */
  readonly reason: string;
}

/** An extension to be loaded, with its path and its signer. */
export interface AcceptedExtension {
  readonly path: string;
  readonly signer: string;
  readonly extension: Extension;
}

/** Describes an extension that puts `entries` into a tree. */
export function describeLoaded(
  { path, signer, extension }: AcceptedExtension,
  entries: readonly CpioEntry[],
  digest: Digest,
): LoadedExtension {
  const described = entries.map((entry) => describeEntry(entry, digest));
  return { ...identify(extension), path, signer, entries: described };
}

export function identify(extension: Extension): ExtensionIdentity {
  const { name, version, sha256 } = extension;
  return { name, class: extension.class, version, sha256 };
}

/** Equal records give equal text: ASCII, a line for each extension. */
export function stringifyRecord({ format, loaded, refused }: ExtensionRecord): string {
  const list = (values: readonly object[]) =>
    `[${values.map((value) => `\n    ${JSON.stringify(value)}`).join(",")}]`;
  const text = `{"format":${format},"loaded":${list(loaded)},"refused":${list(refused)}}\n`;
  return escapeBytes(text);
}
