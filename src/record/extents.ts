import { readU64, writeU64 } from "../text/struct-bytes.ts";

// Documentation/filesystems/fiemap.rst, include/uapi/linux/fiemap.h and fs.h. The file system is
// ext4, XFS or vfat.

const HEAD_SIZE = 32;
const EXTENT_SIZE = 56;
const FIEMAP_FLAG_SYNC = 1;
const MOST_EXTENTS = 16;

/** Consecutive bytes of a file and their place on the device. */
export interface Extent {
  readonly logical: number;
  readonly physical: number;
  readonly length: number;
  /** FIEMAP_EXTENT_… */
  readonly flags: number;
}

/**
 * Encodes a request for the extents of a file's first `length` bytes; the kernel syncs the file
 * first.
 */
export function encodeFiemap(length: number): ArrayBuffer {
  const buffer = new ArrayBuffer(HEAD_SIZE + MOST_EXTENTS * EXTENT_SIZE);
  const view = new DataView(buffer);
  writeU64(view, 8, length);
  view.setUint32(16, FIEMAP_FLAG_SYNC, true);
  view.setUint32(24, MOST_EXTENTS, true);
  return buffer;
}

export function decodeFiemap(buffer: ArrayBuffer): readonly Extent[] {
  const view = new DataView(buffer);
  const count = Math.min(view.getUint32(20, true), MOST_EXTENTS);
  return Array.from({ length: count }, (_, index) => {
    const at = HEAD_SIZE + index * EXTENT_SIZE;
    return {
      logical: readU64(view, at),
      physical: readU64(view, at + 8),
      length: readU64(view, at + 16),
      flags: view.getUint32(at + 40, true),
    };
  });
}

/**
 * Converts the blocks that FIBMAP returned to extents, as FIEMAP would report them. A hole is block
 * 0.
 */
export function joinBlocks(blocks: readonly number[], blockSize: number): readonly Extent[] {
  const extents: Extent[] = [];
  for (const [index, block] of blocks.entries()) {
    const last = extents.at(-1);
    if (block === 0) continue;
    const physical = block * blockSize;
    if (last !== undefined && last.physical + last.length === physical) {
      extents[extents.length - 1] = { ...last, length: last.length + blockSize };
    } else {
      extents.push({ logical: index * blockSize, physical, length: blockSize, flags: 0 });
    }
  }
  return extents;
}

/**
 * Flags of extents that are not plain data at a fixed place. LAST (1) and MERGED (0x1000) are
 * harmless; any unknown flag is refused.
 */
const BAD_EXTENTS: readonly (readonly [flag: number, name: string])[] = [
  [0x2, "unknown"],
  [0x4, "delalloc"],
  [0x8, "encoded"],
  [0x80, "encrypted"],
  [0x100, "not aligned"],
  [0x200, "inline"],
  [0x400, "packed with others"],
  [0x800, "unwritten"],
  [0x2000, "shared"],
];
const GOOD_EXTENT_FLAGS = 0x1001;

/**
 * The word for the first flag that forbids writing to the extent in place; undefined if there is
 * none.
 */
export function findBadExtent(flags: number): string | undefined {
  const named = BAD_EXTENTS.find(([flag]) => (flags & flag) !== 0)?.[1];
  return named ?? ((flags & ~GOOD_EXTENT_FLAGS) === 0 ? undefined : "unknown");
}

/** FS_…_FL: files whose blocks are not their plain data, or that must not change. */
const BAD_INODES: readonly (readonly [flag: number, name: string])[] = [
  [0x4, "compressed"],
  [0x800, "encrypted"],
  [0x4000, "journaled with its data"],
  [0x10_0000, "protected by fs-verity"],
  [0x1000_0000, "inline"],
];

export function findBadInode(flags: number): string | undefined {
  return BAD_INODES.find(([flag]) => (flags & flag) !== 0)?.[1];
}

// FS_XFLAG_REALTIME: the file's blocks are on another device.
export const XFLAG_REALTIME = 1;
