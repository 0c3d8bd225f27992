import { run } from "../../../tools/run.ts";
import type { Range } from "./write-encrypted.ts";

/** Returns what of an ext4 file system is not free, in bytes. */
export async function readUsedRanges(image: string): Promise<readonly Range[]> {
  return findUsedRanges(await run("dumpe2fs", [image]));
}

/** Reads the output of dumpe2fs, which lists the free blocks of each group in order. */
export function findUsedRanges(listing: string): readonly Range[] {
  const blockSize = readNumber(listing, "Block size");
  const used: Range[] = [];
  let from = 0;
  for (const [first, last] of readFreeBlocks(listing)) {
    if (first > from) used.push({ from: from * blockSize, to: first * blockSize });
    from = last + 1;
  }
  const count = readNumber(listing, "Block count");
  if (from < count) used.push({ from: from * blockSize, to: count * blockSize });
  return used;
}

function* readFreeBlocks(listing: string): Generator<readonly [first: number, last: number]> {
  for (const [, list = ""] of listing.matchAll(/^ {2}Free blocks: (.+)$/gm)) {
    for (const range of list.split(", ")) {
      const [first, last = first] = range.split("-").map(Number);
      if (first === undefined || last === undefined) continue;
      yield [first, last];
    }
  }
}

function readNumber(listing: string, name: string): number {
  const found = listing.match(new RegExp(`^${name}: +(\\d+)$`, "m"));
  if (found === null) throw new Error(`dumpe2fs printed no '${name}'`);
  return Number(found[1]);
}
