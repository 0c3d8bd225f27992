import { parseOsRelease } from "./extension/os-release.ts";

/**
 * The text of /etc/initrd-release, in the form of os-release(5).
 *
 * By its existence systemd recognizes an initrd or exitrd: without it, a systemd-shutdown in the
 * tree would pivot again and again.
 */
export function makeRelease(version: string, imageVersion: number): string {
  return [
    'NAME="exitrd"',
    "ID=exitrd",
    `VERSION_ID=${version}`,
    // What extensions can rely on (extension-release): incremented when hooks or the paths of files
    // change, not with each version.
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
