import { attempt } from "../../port/sys-error.ts";
import type { Claims, Reader } from "../../port/teardown.ts";

export const ABSENT: readonly string[] = ["ENOENT", "ENOTDIR", "ENODEV", "ENXIO"];

/**
 * Reads; undefined if there is nothing to be read any more, which `absent` has
 * the errors of. Any other failure (EIO, EMFILE, ENOMEM) proves nothing, and passes.
 */
export function readUnlessGone<T>(
  read: () => T,
  absent: readonly string[] = ABSENT,
): T | undefined {
  return attempt(read, absent);
}

/** Whether a file of /proc or /sys is gone, and with it what it stood for. */
export function isGone(path: string, reader: Reader): boolean {
  return readUnlessGone(() => reader.readText(path)) === undefined;
}

/** The kernel releases a device a moment after what kept it is gone from sysfs. */
export function isFree(name: string, reader: Claims): boolean {
  return readUnlessGone(() => reader.isClaimed(name)) !== true;
}
