import { toBytes } from "../core/image/bytes.ts";
import type { CpioEntry } from "../core/image/cpio-entry.ts";

/** A file of the loader's own, which anybody may read and nobody write. */
export function makeTextEntry(path: string, text: string): CpioEntry {
  return { kind: "file", path, mode: 0o444, data: toBytes(text) };
}
