import { parseMountinfo } from "../kinds/mount/mountinfo.ts";
import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import { toByteString } from "../text/bytes.ts";
import { localImage, localSealedImage, packageImage, packageSealedImage } from "./image-places.ts";

const loader = "/usr/bin/exitrd";
const places = [localImage, localSealedImage, packageImage, packageSealedImage];
/** The file systems that an initrd's root can be. */
const inMemory = ["rootfs", "ramfs", "tmpfs"];
const LONGEST_MOUNTINFO = 16 * 1024 * 1024;

/**
 * Whether every image is on the file system of the loader itself, and that is not an initrd:
 * anyone who can write such an image can also replace the program that would verify it. False if this
 * cannot be determined. `named` is an image that the user named instead.
 */
export function isBesideLoader(files: FileReader, named?: string): boolean {
  const own = findDevice(loader, files);
  const others = [...places, ...(named === undefined ? [] : [named])]
    .map((path) => findDevice(path, files))
    .filter((dev) => dev !== undefined);
  if (own === undefined || others.length === 0 || others.some((dev) => dev !== own)) return false;
  if (attempt(() => files.status("/etc/initrd-release")) !== undefined) return false;
  const bytes = attempt(() => files.readBytes("/proc/self/mountinfo", LONGEST_MOUNTINFO));
  const mounts = bytes === undefined ? [] : parseMountinfo(toByteString(bytes));
  const root = mounts.findLast(({ target }) => target === "/");
  return root !== undefined && !inMemory.includes(root.fsType);
}

/** Whether a file is on the file system of the loader itself. */
export function isOnLoadersDisk(path: string, files: FileReader): boolean {
  const own = findDevice(loader, files);
  return own !== undefined && findDevice(path, files) === own;
}

/** Follows symbolic links: the location of the file itself matters. */
function findDevice(path: string, files: FileReader): string | undefined {
  const real = attempt(() => files.realPath(path));
  return real === undefined ? undefined : attempt(() => files.status(real))?.dev;
}
