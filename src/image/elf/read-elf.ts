import { toByteString } from "../../text/bytes.ts";
import { accept, type Checked, refuse } from "../../text/checked.ts";
import type { ElfProblem } from "../problem.ts";
import { type DlopenNote, readDlopenNotes } from "./dlopen-notes.ts";
import { type Dynamic, readDynamic } from "./read-dynamic.ts";
import { readHead, type Segment, segmentTypes } from "./segments.ts";

/** The properties that determine which libraries are loaded: ld.so(8). */
export interface ElfFile extends Dynamic {
  /** e_machine. */
  readonly machine: number;
  /** The program that loads it; undefined for a library or a static program. */
  readonly interpreter: string | undefined;
  readonly dlopen: readonly DlopenNote[];
}

/** Reads a program or library of any architecture; never throws, even for garbage. */
export function readElf(bytes: Uint8Array): Checked<ElfFile, ElfProblem["reason"]> {
  const head = readHead(bytes);
  if (!head.ok) return head;
  const { machine, segments } = head.value;
  const found = segments.find(({ type }) => type === segmentTypes.interpreter);
  const interpreter = found && readInterpreterName(bytes, found);
  if (found !== undefined && interpreter === undefined) return refuse("truncated");
  const dynamic = readDynamic(bytes, segments);
  if (dynamic === undefined) return refuse("truncated");
  const dlopen = readDlopenNotes(bytes, segments);
  if (dlopen === undefined) return refuse("bad-note");
  return accept({ machine, interpreter, ...dynamic, dlopen });
}

/** An absolute path that ends in its only NUL; undefined for anything else. */
function readInterpreterName(bytes: Uint8Array, { offset, size }: Segment): string | undefined {
  const text = toByteString(bytes.subarray(offset, offset + size));
  const isPath = text.startsWith("/") && text.length === size && text.indexOf("\0") === size - 1;
  return isPath ? text.slice(0, -1) : undefined;
}
