import type { BlockReader } from "../inspect/block-reader.ts";

/** One request to a disk, in the order of completion. */
export interface LoggedWrite {
  /** Offset on the disk, in bytes. */
  readonly offset: number;
  readonly length: number;
  /** All earlier writes are on the disk. */
  readonly isFlush: boolean;
  /** The data is on the disk itself, not only in its cache. */
  readonly isDurable: boolean;
  /** It has no data; the range reads as zeros afterwards. */
  readonly isDiscard: boolean;
  /** The offset of its data in the log. */
  readonly dataAt: number;
}

const MAGIC = 0x6a736677736872n;
const FLUSH = 1;
const FUA = 2;
const DISCARD = 4;

/**
 * Parses the log of QEMU's block driver "blklogwrites", which has the format of dm-log-writes.
 * Source: drivers/md/dm-log-writes.c, struct log_write_super and log_write_entry.
 */
export function readWriteLog(log: BlockReader): readonly LoggedWrite[] {
  const head = log.read(0, 28);
  if (head.readBigUInt64LE(0) !== MAGIC) throw new Error("no log of writes");
  const count = Number(head.readBigUInt64LE(16));
  const sector = head.readUInt32LE(24);
  const writes: LoggedWrite[] = [];
  let at = sector;
  for (let index = 0; index < count; index++) {
    const entry = log.read(at, 24);
    const flags = Number(entry.readBigUInt64LE(16));
    const length = Number(entry.readBigUInt64LE(8)) * sector;
    const isDiscard = (flags & DISCARD) !== 0;
    writes.push({
      offset: Number(entry.readBigUInt64LE(0)) * sector,
      length,
      isFlush: (flags & FLUSH) !== 0,
      isDurable: (flags & FUA) !== 0,
      isDiscard,
      dataAt: at + sector,
    });
    at += sector + (isDiscard ? 0 : length);
  }
  return writes;
}

/**
 * Which of the first `count` writes a disk still has after a power cut: those that were flushed,
 * and those in its cache that `keeps` selects.
 */
export function listSurvivors(
  writes: readonly LoggedWrite[],
  count: number,
  keeps: (index: number) => boolean,
): readonly LoggedWrite[] {
  const before = writes.slice(0, count);
  const flushed = before.findLastIndex(({ isFlush }) => isFlush);
  return before.filter(({ isDurable }, index) => index <= flushed || isDurable || keeps(index));
}

/** `moments` positions in a log after `from`; the last one is its end. */
export function chooseMoments(from: number, end: number, moments: number): readonly number[] {
  return Array.from(
    { length: moments },
    (_, index) => from + Math.ceil(((end - from) * (index + 1)) / moments),
  );
}
