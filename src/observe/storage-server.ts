import type { FuseServer } from "../kinds/fuse/state.ts";
import { attempt } from "../port/sys-error.ts";
import type { Reader } from "../port/teardown.ts";
import { parseProcStat } from "../teardown/parse/proc-stat.ts";
import { listFds, listOpenDevices, listPinnedFileSystems } from "./pinned.ts";
import { servesStorage } from "./storage-daemons.ts";

/**
 * Entries of /proc of the processes that may have a device open whose path ends so, by the names
 * of their links alone: to look at what those lead to may block. Device nodes lie in /dev, whose
 * path changes with the pivot.
 */
export function listOpeners(suffix: string, reader: Reader): readonly string[] {
  return (attempt(() => reader.readDir("/proc")) ?? []).filter(
    (entry) =>
      /^[0-9]+$/.test(entry) && entry !== "1" && listDeviceLinks(entry, suffix, reader).length > 0,
  );
}

/**
 * A process that serves storage through the open device "major:minor", and is not killed before that
 * is released; undefined for all others, which are killed earlier, or by their parent.
 *
 * It looks at the files of the process, which blocks where one of them lies on a dead server.
 */
export function readStorageServer(
  entry: string,
  suffix: string,
  own: string,
  reader: Reader,
): FuseServer | undefined {
  const isOpen = listDeviceLinks(entry, suffix, reader).some(
    (path) => attempt(() => reader.stat(path))?.rdev === own,
  );
  if (!isOpen) return undefined;
  const stat = parseProcStat(attempt(() => reader.readText(`/proc/${entry}/stat`)) ?? "");
  if (stat === undefined || !servesStorage(entry, stat.command, reader)) return undefined;
  return {
    pid: stat.pid,
    command: stat.command,
    startTime: stat.startTime,
    fileSystems: listPinnedFileSystems(entry, reader),
    devices: listOpenDevices(entry, reader),
  };
}

/** Paths of the open files of a process whose link ends so. */
export function listDeviceLinks(entry: string, suffix: string, reader: Reader): readonly string[] {
  const paths = listFds(entry, reader).map((link) => `/proc/${entry}/${link}`);
  return paths.filter((path) => attempt(() => reader.readLink(path))?.endsWith(suffix));
}
