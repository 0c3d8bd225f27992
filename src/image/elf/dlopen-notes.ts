import { toByteString } from "../../text/bytes.ts";
import { type Segment, segmentTypes } from "./segments.ts";

/** A library loaded by dlopen(3), as declared in `.note.dlopen`. */
export interface DlopenNote {
  /** Alternatives; the first that exists is used. */
  readonly sonames: readonly string[];
  readonly priority: "required" | "recommended" | "suggested";
}

const owner = "FDO\0";
const noteType = 0x407c0c0a;

/**
 * Reads the notes of https://systemd.io/ELF_DLOPEN_METADATA; undefined if one is invalid.
 */
export function readDlopenNotes(
  bytes: Uint8Array,
  segments: readonly Segment[],
): readonly DlopenNote[] | undefined {
  const notes: DlopenNote[] = [];
  for (const segment of segments) {
    if (segment.type !== segmentTypes.note) continue;
    for (const text of listDescriptions(bytes, segment)) {
      const parsed = parseNote(text);
      if (parsed === undefined) return undefined;
      notes.push(...parsed);
    }
  }
  return notes;
}

/** The notes of our owner and type; a note that exceeds its segment ends the list. */
function listDescriptions(bytes: Uint8Array, segment: Segment): readonly string[] {
  const data = bytes.subarray(segment.offset, segment.offset + segment.size);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const align = (size: number) => Math.ceil(size / 4) * 4;
  const pad = segment.alignment === 8 ? (size: number) => Math.ceil(size / 8) * 8 : align;
  const found: string[] = [];
  for (let at = 0; at + 12 <= data.length; ) {
    const nameSize = view.getUint32(at, true);
    const size = view.getUint32(at + 4, true);
    const start = at + pad(12 + nameSize);
    if (start + size > data.length) break;
    const name = toByteString(data.subarray(at + 12, at + 12 + Math.min(nameSize, owner.length)));
    const isOurs = nameSize === owner.length && name === owner;
    if (isOurs && view.getUint32(at + 8, true) === noteType) {
      found.push(toByteString(data.subarray(start, start + size)));
    }
    at = start + pad(size);
  }
  return found;
}

function parseNote(text: string): readonly DlopenNote[] | undefined {
  const items = parseJson(text.replace(/\0+$/, ""));
  if (!Array.isArray(items)) return undefined;
  const notes = items.map(parseItem);
  return notes.includes(undefined) ? undefined : notes.filter((note) => note !== undefined);
}

function parseItem(item: unknown): DlopenNote | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const { soname, priority } = item as Readonly<Record<string, unknown>>;
  if (!Array.isArray(soname) || soname.length === 0 || !soname.every(isName)) return undefined;
  // The specification's default, also for priorities that future versions define.
  const known = priority === "required" || priority === "suggested" ? priority : "recommended";
  return { sonames: soname, priority: known };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && /^[!-~]+$/.test(value) && !value.includes("/");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
