import { listOrNone, readOrEmpty } from "../port/best-effort.ts";
import { attempt } from "../port/sys-error.ts";
import type { Reader } from "../port/teardown.ts";
import { splitWords } from "../text/words.ts";

/** "major:minor" of the file systems that a process keeps busy, sorted. */
export function listPinnedFileSystems(entry: string, reader: Reader): readonly string[] {
  const dir = `/proc/${entry}`;
  const links = ["cwd", "root", "exe", ...listFds(entry, reader)];
  const devs = links.flatMap((link) => attempt(() => reader.stat(`${dir}/${link}`))?.dev ?? []);
  const maps = readOrEmpty(`${dir}/maps`, reader);
  for (const line of maps.split("\n")) {
    // proc_pid_maps(5): device, in hexadecimal, and inode, which is 0 for plain memory.
    const [, , , dev = "", inode = "0"] = splitWords(line);
    if (inode !== "0")
      devs.push(
        dev
          .split(":")
          .map((part) => Number(`0x${part}`))
          .join(":"),
      );
  }
  return [...new Set(devs)].sort();
}

/** "major:minor" of the block devices that a process has open, sorted. */
export function listOpenDevices(entry: string, reader: Reader): readonly string[] {
  const devs = listFds(entry, reader).flatMap((link) => {
    const status = attempt(() => reader.stat(`/proc/${entry}/${link}`));
    // For a character device, the same number means another device: 253:0 could be a clock.
    return status?.isBlock ? status.rdev : [];
  });
  return [...new Set(devs)].sort();
}

/** "fd/0", "fd/1", …: the links in /proc/PID to its open files. */
export function listFds(entry: string, reader: Reader): readonly string[] {
  return listOrNone(`/proc/${entry}/fd`, reader).map((fd) => `fd/${fd}`);
}
