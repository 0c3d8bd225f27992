import * as sys from "exitrd:sys";
import { answerOf } from "../../contract/rule.ts";

const LOOP_SET_FD = 0x4c00;
const LOOP_CTL_GET_FREE = 0x4c82;

/** Binds a file to a free loop device; returns its name. */
export function bindLoop(path: string): string {
  const control = sys.open("/dev/loop-control", sys.O_RDWR | sys.O_CLOEXEC);
  const number = sys.ioctl(control, LOOP_CTL_GET_FREE);
  sys.close(control);
  const name = `loop${number}`;
  answerOf(() => sys.mknod(`/dev/${name}`, sys.S_IFBLK | 0o600, 7, number));
  const backing = sys.open(path, sys.O_RDWR | sys.O_CLOEXEC);
  const device = sys.open(`/dev/${name}`, sys.O_RDWR | sys.O_CLOEXEC);
  sys.ioctl(device, LOOP_SET_FD, backing);
  sys.close(backing);
  sys.close(device);
  return name;
}
