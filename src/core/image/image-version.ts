import { parseOsRelease } from "../parse/os-release.ts";
import { releasePath } from "../tree-paths.ts";
import { toByteString } from "./bytes.ts";
import type { CpioEntry } from "./cpio-entry.ts";

/** A whole number of at most nine digits, as in IMAGE_VERSION of os-release(5); else undefined. */
export function parseImageVersion(text: string): number | undefined {
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The number of an exitrd's version: 1002003 for "1.2.3", of which a later one is never lower. */
export function numberVersion(version: string): number {
  const [, major = "0", minor = "0", patch = "0"] =
    /^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})/.exec(version) ?? [];
  return (Number(major) * 1000 + Number(minor)) * 1000 + Number(patch);
}

/** The version of an image that was checked; 0 where it says none. */
export function readImageVersion(entries: readonly CpioEntry[]): number {
  const release = entries.find((entry) => entry.path === releasePath);
  if (release?.kind !== "file") return 0;
  const text = parseOsRelease(toByteString(release.data)).get("IMAGE_VERSION") ?? "";
  return parseImageVersion(text) ?? 0;
}
