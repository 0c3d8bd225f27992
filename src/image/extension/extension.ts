import type { CpioEntry } from "../cpio-entry.ts";

/** systemd-sysext(8): programs below /usr and /opt; configuration below /etc. */
export type ExtensionClass = "sysext" | "confext";

export const extensionClasses: readonly ExtensionClass[] = ["sysext", "confext"];

/** The description of an extension in a manifest. */
export interface ExtensionIdentity {
  readonly name: string;
  readonly class: ExtensionClass;
  /** Its SYSEXT_IMAGE_VERSION= or SYSEXT_VERSION_ID=; empty if it has neither. */
  readonly version: string;
  /** SHA-256 of its file; for a directory, of its entries as in a manifest. */
  readonly sha256: string;
}

/** A checked extension: all entries that it adds to the tree, each directory before its contents. */
export interface Extension extends ExtensionIdentity {
  readonly entries: readonly CpioEntry[];
}

interface ClassRules {
  /** The only directories that it may add entries to. */
  readonly roots: readonly string[];
  readonly releaseDirectory: string;
  /** The prefix of its fields. */
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

/** The path of the release file of an extension with this name. */
export function releasePathOf(extensionClass: ExtensionClass, name: string): string {
  return `${classRules[extensionClass].releaseDirectory}/extension-release.${name}`;
}

/**
 * The name of an extension as systemd derives it: "debug" for "/a/debug.raw", "/a/debug.sysext.raw"
 * and the directory "/a/debug"; undefined if it is invalid.
 */
export function nameExtension(path: string): string | undefined {
  const name = path
    .replace(/\/+$/, "")
    .replace(/^.*\//s, "")
    .replace(/\.raw$/, "")
    .replace(/\.(sysext|confext)$/, "");
  return isExtensionName(name) ? name : undefined;
}

/** Characters that are safe in a path, in a message and in JSON without an escape. */
export function isExtensionName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._+~-]{0,63}$/.test(name);
}
