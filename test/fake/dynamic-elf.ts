import { toBytes } from "../../src/text/bytes.ts";

export interface DynamicShape {
  readonly machine?: number;
  readonly interpreter?: string;
  readonly needed?: readonly string[];
  readonly rpath?: string;
  readonly runpath?: string;
  readonly soname?: string;
  readonly flags1?: number;
  /** The JSON of each .note.dlopen. */
  readonly notes?: readonly string[];
}

const head = 64;
const headerSize = 56;
/** The address at which it is mapped, which differs from its file offset. */
const base = 0x400000;

/** The smallest file that ld.so(8) would accept as a dynamic program or library of `shape`. */
export function makeDynamicElf(shape: DynamicShape): Uint8Array {
  const { machine = 62, interpreter, notes = [] } = shape;
  const { dynamic, strings } = makeDynamic(shape);
  const parts = [
    { type: 3, data: toBytes(interpreter === undefined ? "" : `${interpreter}\0`) },
    { type: 4, data: toBytes(notes.map(makeNote).join("")) },
    { type: 2, data: dynamic },
    { type: 0, data: strings },
  ].filter(({ data }) => data.length > 0);
  const count = parts.length + 1;
  const bytes: number[] = new Array(head + headerSize * count).fill(0);
  const headers = parts.map(({ type, data }) => {
    while (bytes.length % 8 !== 0) bytes.push(0);
    const offset = bytes.length;
    bytes.push(...data);
    return { type, offset, size: data.length };
  });
  const file = Uint8Array.from(bytes);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 3, true);
  view.setUint16(18, machine, true);
  view.setBigUint64(32, BigInt(head), true);
  view.setUint16(54, headerSize, true);
  view.setUint16(56, count, true);
  [{ type: 1, offset: 0, size: file.length }, ...headers].forEach(({ type, offset, size }, i) => {
    const at = head + headerSize * i;
    view.setUint32(at, type, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 16, BigInt(base + offset), true);
    view.setBigUint64(at + 32, BigInt(size), true);
    view.setBigUint64(at + 48, 4n, true);
  });
  const stringsAt = headers.at(-1)?.offset ?? 0;
  const dynamicAt = headers.at(-2)?.offset ?? 0;
  view.setBigUint64(dynamicAt + 8, BigInt(base + stringsAt), true);
  return file;
}

/** The first entry is DT_STRTAB, whose address is set once it is known. */
function makeDynamic({ needed = [], rpath, runpath, soname, flags1 = 0 }: DynamicShape) {
  let strings = "\0";
  const entries: [number, number][] = [[5, 0]];
  const add = (tag: number, text: string | undefined): void => {
    if (text === undefined) return;
    entries.push([tag, strings.length]);
    strings += `${text}\0`;
  };
  for (const name of needed) add(1, name);
  add(14, soname);
  add(15, rpath);
  add(29, runpath);
  entries.push([0x6ffffffb, flags1], [10, strings.length], [0, 0]);
  const dynamic = new DataView(new ArrayBuffer(16 * entries.length));
  entries.forEach(([tag, value], i) => {
    dynamic.setBigUint64(16 * i, BigInt(tag), true);
    dynamic.setBigUint64(16 * i + 8, BigInt(value), true);
  });
  return { dynamic: new Uint8Array(dynamic.buffer), strings: toBytes(strings) };
}

function makeNote(json: string): string {
  const text = `${json}\0`;
  const numbers = new DataView(new ArrayBuffer(12));
  numbers.setUint32(0, 4, true);
  numbers.setUint32(4, text.length, true);
  numbers.setUint32(8, 0x407c0c0a, true);
  const start = String.fromCharCode(...new Uint8Array(numbers.buffer));
  return `${start}FDO\0${text}${"\0".repeat((4 - (text.length % 4)) % 4)}`;
}
