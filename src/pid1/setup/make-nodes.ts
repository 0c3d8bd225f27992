import { mkdir, mknod, readdir, readFile, S_IFBLK, S_IFCHR } from "exitrd:sys";
import { attempt } from "../../port/sys-error.ts";

/** Drivers with a single device (drivers/char/misc.c): name in sysfs → node. */
const miscDevices = [
  { name: "device-mapper", path: "/dev/mapper/control" },
  { name: "watchdog", path: "/dev/watchdog" },
  { name: "zfs", path: "/dev/zfs" },
] as const;

/** Documentation/admin-guide/devices.txt */
const fixedNodes = [
  { path: "/dev/null", number: "1:3" },
  { path: "/dev/kmsg", number: "1:11" },
  { path: "/dev/console", number: "5:1" },
];

/**
 * Creates the nodes needed for releasing in an empty /dev, from sysfs, since udev is not running any
 * more. In a devtmpfs they also appear in the old root's /dev, where swapoff(2) looks.
 */
export function makeNodes(): void {
  for (const { path, number } of fixedNodes) makeNode(path, S_IFCHR, number);
  for (const { name, path } of miscDevices) {
    makeNode(path, S_IFCHR, readNumber(`/sys/class/misc/${name}`));
  }
  for (const name of attempt(() => readdir("/sys/class/watchdog")) ?? []) {
    makeNode(`/dev/${name}`, S_IFCHR, readNumber(`/sys/class/watchdog/${name}`));
  }
  for (const name of attempt(() => readdir("/sys/class/block")) ?? []) {
    // The kernel replaces a slash by this character (drivers/base/core.c).
    const path = `/dev/${name.replaceAll("!", "/")}`;
    makeNode(path, S_IFBLK, readNumber(`/sys/class/block/${name}`));
  }
}

function readNumber(directory: string): string {
  return attempt(() => readFile(`${directory}/dev`))?.trim() ?? "";
}

/** Skips an empty device number. */
function makeNode(path: string, type: number, number: string): void {
  const [major, minor] = number.split(":").map(Number);
  if (major === undefined || minor === undefined) return;
  attempt(() => mkdir(path.slice(0, path.lastIndexOf("/")), 0o755));
  attempt(() => mknod(path, type | 0o600, major, minor));
}
