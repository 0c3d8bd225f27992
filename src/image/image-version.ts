import { toByteString } from "../text/bytes.ts";
import { releasePath } from "../text/tree-paths.ts";
import type { CpioEntry } from "./cpio-entry.ts";
import { parseOsRelease } from "./extension/os-release.ts";

/**
 * Parses IMAGE_VERSION of os-release(5), a whole number of at most nine digits; undefined if it is
 * invalid.
 */
export function parseImageVersion(text: string): number | undefined {
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
}

/** Converts a version of exitrd to a number that never decreases: 1002003 for "1.2.3". */
export function numberVersion(version: string): number {
  const [, major = "0", minor = "0", patch = "0"] =
    /^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})/.exec(version) ?? [];
  return (Number(major) * 1000 + Number(minor)) * 1000 + Number(patch);
}

/** The IMAGE_VERSION of a checked image; 0 if it has none. */
export function readImageVersion(entries: readonly CpioEntry[]): number {
  const release = entries.find((entry) => entry.path === releasePath);
  if (release?.kind !== "file") return 0;
  const text = parseOsRelease(toByteString(release.data)).get("IMAGE_VERSION") ?? "";
  return parseImageVersion(text) ?? 0;
}
