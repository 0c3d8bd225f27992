import type { CpioEntry } from "../cpio-entry.ts";
import type { Digest, ManifestEntry } from "../manifest.ts";
import { describeEntry, escapeBytes } from "../manifest.ts";
import type { Extension, ExtensionIdentity } from "./extension.ts";

/** What became of the extensions when a tree was loaded. */
export interface ExtensionRecord {
  readonly format: 1;
  readonly loaded: readonly LoadedExtension[];
  readonly refused: readonly RefusedExtension[];
}

export interface LoadedExtension extends ExtensionIdentity {
  /** Where it came from. */
  readonly path: string;
  /** Whose signature it has; empty where nobody asked for one. */
  readonly signer: string;
  /** What it brought beside the image and those before it, in the order of unpacking. */
  readonly entries: readonly ManifestEntry[];
}

export interface RefusedExtension {
  readonly path: string;
  /** In words, with the cure. */
  readonly reason: string;
}

/** An extension that is to be loaded, with where it came from and who signed it. */
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

/** One spelling for one record: ASCII, a line for each extension. */
export function stringifyRecord({ format, loaded, refused }: ExtensionRecord): string {
  const list = (values: readonly object[]) =>
    `[${values.map((value) => `\n    ${JSON.stringify(value)}`).join(",")}]`;
  const text = `{"format":${format},"loaded":${list(loaded)},"refused":${list(refused)}}\n`;
  return escapeBytes(text);
}
