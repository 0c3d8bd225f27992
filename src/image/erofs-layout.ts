/** EROFS as far as it is used here: whole blocks, nothing compressed (kernel: fs/erofs/erofs_fs.h). */

export const blockBits = 12;
export const blockSize = 1 << blockBits;
export const superblockAt = 1024;
export const superblockSize = 128;
export const magic = 0xe0f5e1e2;

/** A compact inode; its number is its place, in these, from the file system's beginning. */
export const inodeSize = 32;
/** The root's: the first one after the superblock's block. */
export const rootNumber = blockSize / inodeSize;

export const direntSize = 12;
export const fileTypes = { file: 1, directory: 2 } as const;
/** The last block of an inode's data is filled up, as the others. */
export const flatPlain = 0;
