import { listNotes } from "./notes.ts";
import type { Segment } from "./segments.ts";

/** A library loaded by dlopen(3), as declared in `.note.dlopen`. */
export interface DlopenNote {
  /** Alternatives; the first that exists is used. */
  readonly sonames: readonly string[];
  readonly priority: "required" | "recommended" | "suggested";
}

const dlopenNote = { owner: "FDO\0", type: 0x407c0c0a };

/**
 * Reads the notes of https://systemd.io/ELF_DLOPEN_METADATA; undefined if one is invalid.
 */
export function readDlopenNotes(
  bytes: Uint8Array,
  segments: readonly Segment[],
): readonly DlopenNote[] | undefined {
  const notes: DlopenNote[] = [];
  for (const text of listNotes(bytes, segments, dlopenNote)) {
    const parsed = parseNote(text);
    if (parsed === undefined) return undefined;
    notes.push(...parsed);
  }
  return notes;
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
