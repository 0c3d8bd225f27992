import { parseOsRelease } from "./extension/os-release.ts";

/**
 * The text of /etc/initrd-release, in the format of os-release(5).
 *
 * The file's existence marks an initrd or exitrd: without it, a systemd-shutdown in the tree would
 * pivot again and again.
 */
export function makeRelease(version: string, imageVersion: number): string {
  return [
    'NAME="exitrd"',
    "ID=exitrd",
    `VERSION_ID=${version}`,
    // The level that extensions match (extension-release). It is incremented when hooks or the
    // paths of files change, not with each version.
    "SYSEXT_LEVEL=1",
    "CONFEXT_LEVEL=1",
    `PRETTY_NAME="exitrd ${version}"`,
    `IMAGE_VERSION=${imageVersion}`,
    "",
  ].join("\n");
}

/** Whether an initrd-release is ours. */
export function isOurRelease(text: string): boolean {
  return parseOsRelease(text).get("ID") === "exitrd";
}
