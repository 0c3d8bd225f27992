/** A regular file, a directory or a link: nothing else is allowed in an image. */
export type CpioEntry =
  | { readonly kind: "directory"; readonly path: string; readonly mode: number }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly mode: number;
      readonly data: Uint8Array;
    }
  | {
      readonly kind: "link";
      readonly path: string;
      /** Always 0777, as the kernel reports it. */
      readonly mode: number;
      /** Relative, and never leads out of the tree: `isSafeTarget`. */
      readonly target: string;
    };

/** The type bits of a newc `mode` (inode(7)). */
export const typeMask = 0o170000;
export const directoryType = 0o040000;
export const fileType = 0o100000;
export const linkType = 0o120000;
/** Links have no permissions of their own. */
export const linkMode = 0o777;

export const headerSize = 110;
export const newcMagic = "070701";
export const trailerName = "TRAILER!!!";

/** The header's fields after the magic, 8 hexadecimal digits each, in order. */
export const headerFields = [
  "ino",
  "mode",
  "uid",
  "gid",
  "nlink",
  "mtime",
  "filesize",
  "devmajor",
  "devminor",
  "rdevmajor",
  "rdevminor",
  "namesize",
  "check",
] as const;

export type HeaderField = (typeof headerFields)[number];

/** Names and contents are padded to a multiple of four. */
export function pad4(length: number): number {
  return (4 - (length % 4)) % 4;
}

/** Archives are padded to a multiple of 512, a tradition from tapes that every cpio keeps. */
export const blockSize = 512;
