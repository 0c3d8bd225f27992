import { ioctl, O_RDWR } from "exitrd:sys";
import { withMiscDevice } from "./device-node.ts";

/** One request to /dev/mapper/control; the answer is in the same buffer. */
export function callDm(request: number, buffer: ArrayBuffer): ArrayBuffer {
  const control = "/dev/mapper/control";
  withMiscDevice("device-mapper", control, O_RDWR, (fd) => ioctl(fd, request, buffer));
  return buffer;
}
