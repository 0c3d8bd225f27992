import { toByteString } from "../../text/bytes.ts";
import { readWord, type Segment, segmentTypes } from "./segments.ts";

/** The entries of a file's dynamic section that ld.so(8) uses, in order. */
export interface Dynamic {
  readonly needed: readonly string[];
  /** Directories of DT_RPATH, with $ORIGIN and the like unexpanded. */
  readonly rpath: readonly string[];
  readonly runpath: readonly string[];
  readonly soname: string | undefined;
  /** DF_1_NODEFLIB: neither the cache nor the default directories are searched. */
  readonly noDefaults: boolean;
}

const tags = {
  needed: 1,
  strings: 5,
  stringsSize: 10,
  soname: 14,
  rpath: 15,
  runpath: 29,
  flags1: 0x6ffffffb,
} as const;

const nodeflib = 0x800;
/** The largest real ones have a few hundred entries. */
const mostEntries = 4096;

interface Entry {
  readonly tag: number;
  readonly value: number;
}

/** Undefined if something points outside the file. Everything is empty for a static program. */
export function readDynamic(bytes: Uint8Array, segments: readonly Segment[]): Dynamic | undefined {
  const entries = readEntries(bytes, segments);
  if (entries === undefined) return undefined;
  const strings = findStrings(bytes, segments, entries);
  const list = (tag: number): readonly (string | undefined)[] =>
    entries.filter((entry) => entry.tag === tag).map(({ value }) => readString(strings, value));
  const needed = list(tags.needed);
  const [rpath, runpath, soname] = [list(tags.rpath), list(tags.runpath), list(tags.soname)];
  if ([...needed, ...rpath, ...runpath, ...soname].includes(undefined)) return undefined;
  const flags = entries.find(({ tag }) => tag === tags.flags1)?.value ?? 0;
  return {
    needed: needed.map((name) => name ?? ""),
    rpath: splitPath(rpath[0]),
    runpath: splitPath(runpath[0]),
    soname: soname[0],
    noDefaults: (flags & nodeflib) !== 0,
  };
}

function readEntries(
  bytes: Uint8Array,
  segments: readonly Segment[],
): readonly Entry[] | undefined {
  const segment = segments.find(({ type }) => type === segmentTypes.dynamic);
  if (segment === undefined) return [];
  const { offset, size } = segment;
  if (offset + size > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Entry[] = [];
  for (let at = offset; at + 16 <= offset + size; at += 16) {
    const tag = readWord(view, at);
    if (tag === 0) return entries;
    if (entries.push({ tag, value: readWord(view, at + 8) }) > mostEntries) return undefined;
  }
  return undefined;
}

/** The string table. Its address is the mapped one, not an offset into the file. */
function findStrings(
  bytes: Uint8Array,
  segments: readonly Segment[],
  entries: readonly Entry[],
): Uint8Array {
  const address = entries.find(({ tag }) => tag === tags.strings)?.value ?? 0;
  const size = entries.find(({ tag }) => tag === tags.stringsSize)?.value ?? 0;
  const segment = segments.find((found) => {
    const end = found.address + found.size;
    return found.type === segmentTypes.load && address >= found.address && address + size <= end;
  });
  if (segment === undefined) return new Uint8Array(0);
  const start = segment.offset + address - segment.address;
  return bytes.subarray(start, start + size);
}

function readString(strings: Uint8Array, at: number): string | undefined {
  const end = at < strings.length ? strings.indexOf(0, at) : -1;
  return end < 0 ? undefined : toByteString(strings.subarray(at, end));
}

/** An empty component means the working directory, which is useless here and left out. */
function splitPath(path: string | undefined): readonly string[] {
  return (path ?? "").split(":").filter((part) => part !== "");
}
