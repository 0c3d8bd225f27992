import type { CpioEntry } from "../cpio-entry.ts";

/** systemd-sysext(8): programs below /usr and /opt; configuration below /etc. */
export type ExtensionClass = "sysext" | "confext";

export const extensionClasses: readonly ExtensionClass[] = ["sysext", "confext"];

/** What is kept of an extension in a manifest. */
export interface ExtensionIdentity {
  readonly name: string;
  readonly class: ExtensionClass;
  /** What it says of itself, SYSEXT_IMAGE_VERSION= or SYSEXT_VERSION_ID=; empty where it does not. */
  readonly version: string;
  /** SHA-256 of its file; of a directory, that of its entries as a manifest has them. */
  readonly sha256: string;
}

/** A checked extension: all that it puts into the tree, each directory before what is in it. */
export interface Extension extends ExtensionIdentity {
  readonly entries: readonly CpioEntry[];
}

interface ClassRules {
  /** The only directories that it may bring anything in. */
  readonly roots: readonly string[];
  readonly releaseDirectory: string;
  /** What its fields begin with. */
  readonly prefix: "SYSEXT" | "CONFEXT";
}

export const classRules: Readonly<Record<ExtensionClass, ClassRules>> = {
  sysext: {
    roots: ["usr", "opt"],
    releaseDirectory: "usr/lib/extension-release.d",
    prefix: "SYSEXT",
  },
  confext: { roots: ["etc"], releaseDirectory: "etc/extension-release.d", prefix: "CONFEXT" },
};

/** Where an extension of this name says what it fits. */
export function releasePathOf(extensionClass: ExtensionClass, name: string): string {
  return `${classRules[extensionClass].releaseDirectory}/extension-release.${name}`;
}

/**
 * "debug" for "/a/debug.raw", "/a/debug.sysext.raw" and for a directory
 * "/a/debug", as systemd names images; undefined for what is no name.
 */
export function nameExtension(path: string): string | undefined {
  const name = path
    .replace(/\/+$/, "")
    .replace(/^.*\//s, "")
    .replace(/\.raw$/, "")
    .replace(/\.(sysext|confext)$/, "");
  return isExtensionName(name) ? name : undefined;
}

/** What is safe in a path, in a line and in JSON without an escape. */
export function isExtensionName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._+~-]{0,63}$/.test(name);
}
