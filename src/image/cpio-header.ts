import { toByteString } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { type HeaderField, headerFields, headerSize, newcMagic } from "./cpio-entry.ts";
import type { ArchiveProblem } from "./problem.ts";

export type Header = Readonly<Record<HeaderField, number>>;

/** Fields that are zero in all our archives. */
const zeroFields = [
  "uid",
  "gid",
  "devmajor",
  "devminor",
  "rdevmajor",
  "rdevminor",
  "check",
] as const;

/** Reads the header at `at`: the magic and thirteen numbers, some of which must be zero. */
export function readHeader(archive: Uint8Array, at: number): Checked<Header, ArchiveProblem> {
  if (at + headerSize > archive.length) return refuse({ kind: "truncated", at: archive.length });
  const text = toByteString(archive.subarray(at, at + headerSize));
  if (!text.startsWith(newcMagic)) return refuse({ kind: "bad-magic", at });
  const header: Partial<Record<HeaderField, number>> = {};
  for (const [i, field] of headerFields.entries()) {
    const value = parseHex8(text.slice(newcMagic.length + 8 * i, newcMagic.length + 8 * i + 8));
    if (value === undefined) return refuse({ kind: "bad-field", at, field });
    header[field] = value;
  }
  const complete = header as Header;
  const wrong = zeroFields.find((field) => complete[field] !== 0);
  if (wrong !== undefined) return refuse({ kind: "bad-field", at, field: wrong });
  if (complete.namesize < 2) return refuse({ kind: "bad-field", at, field: "namesize" });
  return accept(complete);
}

/** Upper case only, as written by `writeCpio`: every number has exactly one spelling. */
function parseHex8(text: string): number | undefined {
  return /^[0-9A-F]{8}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}
