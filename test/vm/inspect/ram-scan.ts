import { open } from "node:fs/promises";

const chunkSize = 1024 * 1024;

/**
 * Counts how often each of some byte strings occurs in a file, such as a RAM image.
 *
 * Reads overlapping chunks, so that no occurrence is missed at a border or counted twice. Yields
 * between them, because QEMU discards console output that is not read in time.
 */
export async function countInFile(
  path: string,
  needles: Readonly<Record<string, Buffer>>,
  chunk = chunkSize,
): Promise<Readonly<Record<string, number>>> {
  const longest = Math.max(...Object.values(needles).map((needle) => needle.length));
  const counts: Record<string, number> = {};
  for (const name of Object.keys(needles)) counts[name] = 0;
  const buffer = Buffer.allocUnsafe(chunk + longest - 1);
  const file = await open(path);
  try {
    const { size } = await file.stat();
    for (let offset = 0; offset < size; offset += chunk) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
      const data = buffer.subarray(0, bytesRead);
      for (const [name, needle] of Object.entries(needles)) {
        counts[name] = (counts[name] ?? 0) + countInChunk(data, needle, chunk);
      }
    }
  } finally {
    await file.close();
  }
  return counts;
}

// An occurrence at or after `end` belongs to the next chunk.
function countInChunk(data: Buffer, needle: Buffer, end: number): number {
  let count = 0;
  let at = data.indexOf(needle);
  while (at !== -1 && at < end) {
    count++;
    at = data.indexOf(needle, at + 1);
  }
  return count;
}
