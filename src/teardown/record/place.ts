/**
 * Where the record of the next shutdown goes: part of a partition, inside a file or reserved. It is
 * found while the file system is mounted, and used after it was unmounted.
 */
export interface RecordPlace {
  /** The kernel's name, "sda1". */
  readonly partition: string;
  /** "major:minor" */
  readonly dev: string;
  /** Start and size in sectors of 512 bytes, to recognize the partition. */
  readonly start: number;
  readonly size: number;
  /** The kernel's sequence number of the disk, which is never reused; "" before Linux 5.15. */
  readonly diskSequence: string;
  /** The start of the file in the partition, in bytes. */
  readonly offset: number;
  /** See `slots.ts`. */
  readonly nonce: string;
  readonly slot: number;
  readonly sequence: number;
  /** See `ShutdownRecord`. */
  readonly machine?: string;
}

/** Where PID 1 looks for it; /run survives the pivot. */
export const PLACE_DIR = "/run/exitrd";
export const PLACE_PATH = `${PLACE_DIR}/record.json`;

/** Parses a place in JSON; undefined if it is invalid. Never throws. */
export function parsePlace(text: string): RecordPlace | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { partition, dev, start, size, diskSequence, offset, nonce, slot, sequence, machine } =
    value as Partial<RecordPlace>;
  const isNamed = [partition, dev, diskSequence].every((one) => typeof one === "string");
  const numbers = [start, size, offset, slot, sequence];
  if (!isNamed || !numbers.every((one) => Number.isSafeInteger(one) && Number(one) >= 0)) {
    return undefined;
  }
  if (!/^[0-9a-f]{32}$/.test(String(nonce)) || Number(slot) > 1) return undefined;
  if (machine !== undefined && typeof machine !== "string") return undefined;
  // Rejects names that would lead to another directory of /sys or /dev.
  if (!/^[A-Za-z0-9!_-]+$/.test(String(partition))) return undefined;
  return value as RecordPlace;
}
