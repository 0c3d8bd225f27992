import { mkdir, mknod, readFile, S_IFBLK, S_IFCHR } from "exitrd:sys";
import { attempt, isSysError } from "../port/sys-error.ts";
import { withOpen } from "./with-open.ts";

/** Opens a block device by its kernel name for as long as `use` runs; see `withNode`. */
export function withBlockDevice<T>(name: string, flags: number, use: (fd: number) => T): T {
  return withNode(`/dev/${name}`, { type: S_IFBLK, sys: `/sys/class/block/${name}` }, flags, use);
}

/** The same for one of the drivers that have one device only (drivers/char/misc.c). */
export function withMiscDevice<T>(
  name: string,
  path: string,
  flags: number,
  use: (fd: number) => T,
): T {
  return withNode(path, { type: S_IFCHR, sys: `/sys/class/misc/${name}` }, flags, use);
}

interface Device {
  /** S_IFBLK or S_IFCHR. */
  readonly type: number;
  /** Its directory in sysfs. */
  readonly sys: string;
}

/** Opens a device by its node, which is made where it is missing: no udev runs any more. */
function withNode<T>(path: string, device: Device, flags: number, use: (fd: number) => T): T {
  try {
    return withOpen(path, flags, use);
  } catch (thrown) {
    if (!isSysError(thrown) || thrown.code !== "ENOENT" || thrown.path !== path) throw thrown;
    if (!makeNode(path, device)) throw thrown;
    return withOpen(path, flags, use);
  }
}

/** False where the kernel knows of no such device. */
function makeNode(path: string, { type, sys }: Device): boolean {
  const number = attempt(() => readFile(`${sys}/dev`))?.trim();
  const [major, minor] = (number ?? "").split(":").map(Number);
  if (major === undefined || minor === undefined) return false;
  attempt(() => mkdir(path.slice(0, path.lastIndexOf("/")), 0o755));
  // Another child may have been faster.
  attempt(() => mknod(path, type | 0o600, major, minor));
  return true;
}
