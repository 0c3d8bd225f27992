import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const chunkSize = 16 * 1024 * 1024;

/**
 * Counts how often each of some byte strings occurs in a file, such as a RAM image.
 *
 * Reads in chunks that overlap, so that none is missed at a border or counted twice.
 */
export function countInFile(
  path: string,
  needles: Readonly<Record<string, Buffer>>,
  chunk = chunkSize,
): Readonly<Record<string, number>> {
  const longest = Math.max(...Object.values(needles).map((needle) => needle.length));
  const counts: Record<string, number> = {};
  for (const name of Object.keys(needles)) counts[name] = 0;
  const buffer = Buffer.allocUnsafe(chunk + longest - 1);
  const fd = openSync(path, "r");
  try {
    const { size } = fstatSync(fd);
    for (let offset = 0; offset < size; offset += chunk) {
      const length = readSync(fd, buffer, 0, buffer.length, offset);
      const data = buffer.subarray(0, length);
      for (const [name, needle] of Object.entries(needles)) {
        counts[name] = (counts[name] ?? 0) + countInChunk(data, needle, chunk);
      }
    }
  } finally {
    closeSync(fd);
  }
  return counts;
}

// What begins at or after `end` belongs to the next chunk.
function countInChunk(data: Buffer, needle: Buffer, end: number): number {
  let count = 0;
  let at = data.indexOf(needle);
  while (at !== -1 && at < end) {
    count++;
    at = data.indexOf(needle, at + 1);
  }
  return count;
}
