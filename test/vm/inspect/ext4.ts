import type { BlockReader } from "./block-reader.ts";

/** What an ext4 superblock shows about the last shutdown. */
export interface Ext4State {
  readonly label: string;
  /** The journal is not empty: the file system was not unmounted. */
  readonly needsRecovery: boolean;
  /** The kernel found no error since the last check. */
  readonly withoutErrors: boolean;
  readonly mountCount: number;
  readonly errorCount: number;
  /** Inodes that were deleted while open, to be freed by the next mount. */
  readonly hasOrphans: boolean;
}

const superblockOffset = 1024;
const incompatRecover = 0x4;
const stateErrors = 0x2;

/** Reads an ext4 superblock. Source: fs/ext4/ext4.h, struct ext4_super_block. */
export function readExt4State(reader: BlockReader): Ext4State {
  const block = reader.read(superblockOffset, 1024);
  if (block.readUInt16LE(0x38) !== 0xef53) throw new Error("no ext4 superblock");
  return {
    label: block.toString("latin1", 0x78, 0x88).replace(/\0.*$/, ""),
    needsRecovery: (block.readUInt32LE(0x60) & incompatRecover) !== 0,
    withoutErrors: (block.readUInt16LE(0x3a) & stateErrors) === 0,
    mountCount: block.readUInt16LE(0x34),
    errorCount: block.readUInt32LE(0x194),
    hasOrphans: block.readUInt32LE(0xe8) !== 0,
  };
}
