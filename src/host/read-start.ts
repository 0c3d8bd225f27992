import { O_CLOEXEC, O_NONBLOCK, O_RDONLY, read } from "exitrd:sys";
import { withOpen } from "./with-open.ts";

/** Reads up to `length` bytes from the start of the block device /dev/NAME. Throws `SysError`. */
export function readStart(name: string, length: number): Uint8Array {
  return withOpen(`/dev/${name}`, O_RDONLY | O_NONBLOCK | O_CLOEXEC, (fd) => {
    const start = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const part = read(fd, length - at);
      if (part.length === 0) break;
      start.set(part, at);
      at += part.length;
    }
    return start.subarray(0, at);
  });
}
