import { toByteString } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { type Found, makeNewcFinder } from "./newc-finder.ts";

/** What was found, by whole paths. */
export interface InitrdFiles {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly links: ReadonlySet<string>;
}

/** Unpacks zstd to its end, in parts. Throws an Error whose message says what is wrong. */
export type UnpackEach = (data: Uint8Array, use: (part: Uint8Array) => void) => void;

const cpioMagic = "07070";
const zstdMagic = "\x28\xb5\x2f\xfd";
/** Of what else the kernel unpacks (lib/decompress.c): the first bytes. */
const compressions: readonly (readonly [name: string, magic: string])[] = [
  ["gzip", "\x1f\x8b"],
  ["xz", "\xfd7zXZ"],
  ["lz4", "\x02\x21\x4c\x18"],
  ["lzma", "\x5d\x00\x00"],
  ["bzip2", "BZh"],
  ["lzo", "\x89LZO"],
];

/**
 * Finds files and links in an initrd as the kernel unpacks it: archives one after another, the
 * first ones as they are (microcode), the last one compressed.
 */
export function findInInitrd(
  initrd: Uint8Array,
  isWanted: (path: string) => boolean,
  unpackEach: UnpackEach,
): Checked<InitrdFiles, string> {
  const found: Found = { files: new Map(), links: new Set() };
  let rest = skipZeros(initrd);
  while (rest.length > 0) {
    const finder = makeNewcFinder(isWanted, found);
    const start = toByteString(rest.subarray(0, 6));
    if (start.startsWith(zstdMagic)) {
      const unpacked = unpackAll(rest, unpackEach, (part) => finder.push(part));
      if (!unpacked.ok) return unpacked;
      rest = rest.subarray(rest.length);
    } else if (start.startsWith(cpioMagic)) {
      rest = skipZeros(rest.subarray(finder.push(rest)));
    } else {
      const name = compressions.find(([, magic]) => start.startsWith(magic))?.[0];
      return refuse(
        name === undefined ? "it has an unknown form" : `it is compressed with ${name}`,
      );
    }
    if (finder.state() !== "ended") return refuse("it is damaged");
  }
  return accept(found);
}

function unpackAll(
  data: Uint8Array,
  unpackEach: UnpackEach,
  use: (part: Uint8Array) => void,
): Checked<undefined, string> {
  try {
    unpackEach(data, use);
    return accept(undefined);
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    return refuse(thrown.message);
  }
}

/** Between archives, and after the last one. */
function skipZeros(data: Uint8Array): Uint8Array {
  const at = data.findIndex((byte) => byte !== 0);
  return data.subarray(at < 0 ? data.length : at);
}
