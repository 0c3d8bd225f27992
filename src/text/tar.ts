import { joinBytes, toBytes } from "./bytes.ts";

export interface TarFile {
  /** At most 100 bytes. */
  readonly name: string;
  readonly data: Uint8Array;
}

const BLOCK = 512;
/** Offsets in the header (POSIX.1-1988, pax(1), "ustar") of the members that are set. */
const AT = { name: 0, mode: 100, uid: 108, gid: 116, size: 124, time: 136, sum: 148, type: 156 };
const MAGIC_AT = 257;

/** Writes an archive for tar(1). `time` is in seconds since the epoch. */
export function writeTar(files: readonly TarFile[], time: number): Uint8Array<ArrayBuffer> {
  const parts = files.flatMap(({ name, data }) => [
    makeHeader(name, data.length, time),
    data,
    new Uint8Array(-data.length & (BLOCK - 1)),
  ]);
  return joinBytes([...parts, new Uint8Array(BLOCK * 2)]);
}

function makeHeader(name: string, size: number, time: number): Uint8Array {
  const header = new Uint8Array(BLOCK);
  const put = (at: number, text: string): void => header.set(toBytes(text), at);
  if (name.length > AT.mode) throw new Error(`'${name}' does not fit into a header`);
  put(AT.name, name);
  put(AT.mode, "0000600\0");
  put(AT.uid, "0000000\0");
  put(AT.gid, "0000000\0");
  put(AT.size, `${octal(size, 11)}\0`);
  put(AT.time, `${octal(time, 11)}\0`);
  put(AT.sum, " ".repeat(8));
  put(AT.type, "0");
  put(MAGIC_AT, "ustar\x0000");
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(AT.sum, `${octal(sum, 6)}\0 `);
  return header;
}

function octal(value: number, digits: number): string {
  return Math.floor(value).toString(8).padStart(digits, "0");
}

/** The text of the member that `writeTar` has written under this name; undefined if there is none. */
export function readTarMember(archive: string, name: string): string | undefined {
  if (archive.slice(MAGIC_AT, MAGIC_AT + 5) !== "ustar") return undefined;
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const [found] = archive.slice(at + AT.name, at + AT.mode).split("\0");
    const size = Number.parseInt(archive.slice(at + AT.size, at + AT.time), 8);
    if (found === "" || !(size >= 0)) return undefined;
    const start = at + BLOCK;
    if (found === name) return archive.slice(start, start + size);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return undefined;
}
