import { attempt } from "./sys-error.ts";
import type { Kernel, Reader } from "./teardown.ts";

// Helpers for optional files, where a missing file and an unreadable one have the same meaning.
// Shared functions instead of closures also save PID 1 two kilobytes.

/** The text of a file; "" if it cannot be read. */
export function readOrEmpty(path: string, reader: Pick<Reader, "readText">): string {
  return attempt(() => reader.readText(path)) ?? "";
}

/** The sorted names in a directory; empty if it cannot be listed. */
export function listOrNone(dir: string, reader: Pick<Reader, "readDir">): readonly string[] {
  return attempt(() => reader.readDir(dir)) ?? [];
}

/** Writes to a file of /proc or /sys if nothing depends on the success. */
export function tryWrite(path: string, text: string, kernel: Pick<Kernel, "write">): void {
  attempt(() => kernel.write(path, text));
}
