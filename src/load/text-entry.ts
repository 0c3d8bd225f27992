import type { CpioEntry } from "../image/cpio-entry.ts";
import { toBytes } from "../text/bytes.ts";

/** A file of the loader's own, which anybody may read and nobody write. */
export function makeTextEntry(path: string, text: string): CpioEntry {
  return { kind: "file", path, mode: 0o444, data: toBytes(text) };
}
