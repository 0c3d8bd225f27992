import { attempt } from "./sys-error.ts";
import type { Kernel, Reader } from "./teardown.ts";

// For what need not be there, and whose absence means as much as that it cannot be read. One
// function instead of a closure for each place also saves PID 1 two kilobytes.

/** The text of a file; empty where it cannot be read. */
export function readOrEmpty(path: string, reader: Pick<Reader, "readText">): string {
  return attempt(() => reader.readText(path)) ?? "";
}

/** The names in a directory, sorted; none where it cannot be listed. */
export function listOrNone(dir: string, reader: Pick<Reader, "readDir">): readonly string[] {
  return attempt(() => reader.readDir(dir)) ?? [];
}

/** Writes to a file of /proc or /sys where nothing that follows depends on whether it worked. */
export function tryWrite(path: string, text: string, kernel: Pick<Kernel, "write">): void {
  attempt(() => kernel.write(path, text));
}
