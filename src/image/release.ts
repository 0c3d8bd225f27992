import { parseOsRelease } from "./extension/os-release.ts";

/**
 * The text of /etc/initrd-release, in the form of os-release(5).
 *
 * systemd takes its existence as the sign of an initrd or exitrd: a tree
 * without it that runs systemd-shutdown would pivot again, for ever.
 */
export function makeRelease(version: string, imageVersion: number): string {
  return [
    'NAME="exitrd"',
    "ID=exitrd",
    `VERSION_ID=${version}`,
    // What an extension can count on (extension-release): raised when hooks or the
    // places of files change, not with each version.
    "SYSEXT_LEVEL=1",
    "CONFEXT_LEVEL=1",
    `PRETTY_NAME="exitrd ${version}"`,
    `IMAGE_VERSION=${imageVersion}`,
    "",
  ].join("\n");
}

/** Whether the text of an initrd-release is one of ours. */
export function isOurRelease(text: string): boolean {
  return parseOsRelease(text).get("ID") === "exitrd";
}
