import { ioctl, O_RDWR } from "exitrd:sys";
import { withOpen } from "./with-open.ts";

/** Sends one request to /dev/mapper/control; the response is in the same buffer. */
export function callDm(request: number, buffer: ArrayBuffer): ArrayBuffer {
  withOpen("/dev/mapper/control", O_RDWR, (fd) => ioctl(fd, request, buffer));
  return buffer;
}
