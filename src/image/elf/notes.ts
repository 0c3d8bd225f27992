import { toByteString } from "../../text/bytes.ts";
import { type Segment, segmentTypes } from "./segments.ts";

/** A kind of note (elf(5)). */
export interface NoteKind {
  /** With the NUL at its end. */
  readonly owner: string;
  readonly type: number;
}

/** The descriptions of all notes of one kind. */
export function listNotes(
  bytes: Uint8Array,
  segments: readonly Segment[],
  kind: NoteKind,
): readonly string[] {
  const notes = segments.filter(({ type }) => type === segmentTypes.note);
  return notes.flatMap((segment) => listDescriptions(bytes, segment, kind));
}

/** A note that exceeds its segment ends the list. */
function listDescriptions(
  bytes: Uint8Array,
  segment: Segment,
  { owner, type }: NoteKind,
): readonly string[] {
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
    if (isOurs && view.getUint32(at + 8, true) === type) {
      found.push(toByteString(data.subarray(start, start + size)));
    }
    at = start + pad(size);
  }
  return found;
}
