import { ioctl, O_RDONLY } from "exitrd:sys";
import type { FileMaps } from "../port/record.ts";
import { attempt } from "../port/sys-error.ts";
import { withOpen } from "./with-open.ts";

// include/uapi/linux/fs.h and fiemap.h
const FS_IOC_FIEMAP = 0xc020660b;
const FIBMAP = 1;
const FIGETBSZ = 2;
const FS_IOC_GETFLAGS = 0x80086601;
const FS_IOC_FSGETXATTR = 0x801c581f;

const NO_FLAGS = ["ENOTTY", "EOPNOTSUPP", "EINVAL"];

/** The `FileMaps` port on the running kernel. */
export const hostFileMaps: FileMaps = {
  readExtents: (path, request) =>
    withOpen(path, O_RDONLY, (fd) => {
      ioctl(fd, FS_IOC_FIEMAP, request);
      return request;
    }),
  readBlocks: (path, length) =>
    withOpen(path, O_RDONLY, (fd) => {
      const blockSize = readInt(fd, FIGETBSZ, 0);
      const count = Math.ceil(length / blockSize);
      const blocks = Array.from({ length: count }, (_, index) => readInt(fd, FIBMAP, index));
      return { blockSize, blocks };
    }),
  readFlags: (path) => readFlag(path, FS_IOC_GETFLAGS, 8),
  readExtendedFlags: (path) => readFlag(path, FS_IOC_FSGETXATTR, 28),
};

function readInt(fd: number, request: number, value: number): number {
  const buffer = new ArrayBuffer(4);
  new DataView(buffer).setUint32(0, value, true);
  ioctl(fd, request, buffer);
  return new DataView(buffer).getUint32(0, true);
}

function readFlag(path: string, request: number, size: number): number | undefined {
  return attempt(
    () =>
      withOpen(path, O_RDONLY, (fd) => {
        const buffer = new ArrayBuffer(size);
        ioctl(fd, request, buffer);
        return new DataView(buffer).getUint32(0, true);
      }),
    NO_FLAGS,
  );
}
