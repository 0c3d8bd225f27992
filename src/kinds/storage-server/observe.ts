import { listFds, listOpenDevices, listPinnedFileSystems } from "../../observe/pinned.ts";
import { servesStorage } from "../../observe/storage-daemons.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import { parseProcStat } from "../../teardown/parse/proc-stat.ts";
import type { StorageServer } from "./state.ts";

/**
 * Lists the entries of /proc of processes that may have a device open whose path ends in `suffix`.
 * Only the text of their links is read, because a stat(2) of a link's target may block. The suffix
 * is compared because the path of /dev changes with the pivot.
 */
export function listOpeners(suffix: string, reader: Reader): readonly string[] {
  return (attempt(() => reader.readDir("/proc")) ?? []).filter(
    (entry) =>
      /^[0-9]+$/.test(entry) && entry !== "1" && listDeviceLinks(entry, suffix, reader).length > 0,
  );
}

/**
 * Reads a process that serves storage through the device `own` ("major:minor") and therefore
 * survives until that is released. Undefined for other processes: they are killed earlier, or by
 * their parent.
 *
 * Blocks if a file of the process is on a server that does not answer.
 */
export function readStorageServer(
  entry: string,
  suffix: string,
  own: string,
  reader: Reader,
): StorageServer | undefined {
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

/** The links to open files of a process, in /proc, whose targets end in `suffix`. */
export function listDeviceLinks(entry: string, suffix: string, reader: Reader): readonly string[] {
  const paths = listFds(entry, reader).map((link) => `/proc/${entry}/${link}`);
  return paths.filter((path) => attempt(() => reader.readLink(path))?.endsWith(suffix));
}
