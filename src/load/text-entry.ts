import type { CpioEntry } from "../image/cpio-entry.ts";
import { toBytes } from "../text/bytes.ts";

/** A file written by the loader, world-readable and read-only. */
export function makeTextEntry(path: string, text: string): CpioEntry {
  return { kind: "file", path, mode: 0o444, data: toBytes(text) };
}
