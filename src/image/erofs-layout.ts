/** The subset of EROFS used here: whole blocks, no compression (kernel: fs/erofs/erofs_fs.h). */

export const blockBits = 12;
export const blockSize = 1 << blockBits;
export const superblockAt = 1024;
export const superblockSize = 128;
export const magic = 0xe0f5e1e2;

/** The size of a compact inode. Inode numbers are offsets from the start, in this unit. */
export const inodeSize = 32;
/** The root inode: the first one after the block of the superblock. */
export const rootNumber = blockSize / inodeSize;

export const direntSize = 12;
export const fileTypes = { file: 1, directory: 2, link: 7 } as const;
/** The last block of an inode's data is stored in full, like the others. */
export const flatPlain = 0;
