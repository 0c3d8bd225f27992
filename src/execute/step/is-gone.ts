import { attempt } from "../../port/sys-error.ts";
import type { Claims, Reader } from "../../port/teardown.ts";

export const ABSENT: readonly string[] = ["ENOENT", "ENOTDIR", "ENODEV", "ENXIO"];

/**
 * Reads; undefined if the call fails with one of `absent`, because there is nothing to read any
 * more. Any other error (EIO, EMFILE, ENOMEM) proves nothing and is thrown.
 */
export function readUnlessGone<T>(
  read: () => T,
  absent: readonly string[] = ABSENT,
): T | undefined {
  return attempt(read, absent);
}

/** Whether a file of /proc or /sys is gone, and with it the object that it represents. */
export function isGone(path: string, reader: Reader): boolean {
  return readUnlessGone(() => reader.readText(path)) === undefined;
}

/**
 * Whether no other user has claimed the device. The kernel releases it a moment after its user has
 * gone from sysfs.
 */
export function isFree(name: string, reader: Claims): boolean {
  return readUnlessGone(() => reader.isClaimed(name)) !== true;
}
