/** The loop driver's ioctl interface, include/uapi/linux/loop.h. */

import { decodeHugeDev } from "../../text/dev.ts";
import { readByteString, readU64 } from "../../text/struct-bytes.ts";

export const LOOP_CLR_FD = 0x4c01;
export const LOOP_GET_STATUS64 = 0x4c05;

/** Linux 5.8. */
export const LOOP_CONFIGURE = 0x4c0a;
/** A request to /dev/loop-control: returns the number of a free device. */
export const LOOP_CTL_GET_FREE = 0x4c82;

export const LO_FLAGS_READ_ONLY = 1;
export const LO_FLAGS_AUTOCLEAR = 4;

/** sizeof(struct loop_info64) */
export const LOOP_INFO64_SIZE = 232;

export interface LoopInfo {
  /** "major:minor" of the file system that holds the backing file. */
  readonly dev: string;
  readonly inode: number;
  /** "major:minor" of the backing block device; "0:0" for a file. */
  readonly rdev: string;
  readonly offset: number;
  readonly sizeLimit: number;
  readonly number: number;
  /** LO_FLAGS_… bits. */
  readonly flags: number;
  /** Truncated at 63 bytes; sysfs has the whole path. */
  readonly fileName: string;
}

/** Decodes the answer of LOOP_GET_STATUS64. Throws if the buffer is too short. */
export function decodeLoopInfo64(buffer: ArrayBuffer): LoopInfo {
  if (buffer.byteLength < LOOP_INFO64_SIZE) throw new Error("no loop_info64: too short");
  const view = new DataView(buffer);
  return {
    dev: decodeHugeDev(readU64(view, 0)),
    inode: readU64(view, 8),
    rdev: decodeHugeDev(readU64(view, 16)),
    offset: readU64(view, 24),
    sizeLimit: readU64(view, 32),
    number: view.getUint32(40, true),
    flags: view.getUint32(52, true),
    fileName: readByteString(view, 56, 64),
  };
}

/** sizeof(struct loop_config): a descriptor, a block size, a loop_info64 and eight reserved u64. */
const LOOP_CONFIG_SIZE = 8 + LOOP_INFO64_SIZE + 64;

/** Encodes the argument of LOOP_CONFIGURE: the whole file `fd`, with the default block size. */
export function encodeLoopConfig(fd: number, flags: number): ArrayBuffer {
  const buffer = new ArrayBuffer(LOOP_CONFIG_SIZE);
  const view = new DataView(buffer);
  view.setUint32(0, fd, true);
  view.setUint32(8 + 52, flags, true);
  return buffer;
}
