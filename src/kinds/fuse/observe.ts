import { listFds, listOpenDevices, listPinnedFileSystems } from "../../observe/pinned.ts";
import { servesStorage } from "../../observe/storage-daemons.ts";
import type { Reader } from "../../port/reader.ts";
import { attempt } from "../../port/sys-error.ts";
import { parseProcStat } from "../../teardown/parse/proc-stat.ts";
import { isFuse } from "../file-systems.ts";
import type { Snapshot } from "../kinds.ts";
import type { FuseServer } from "./state.ts";

// /dev/fuse: Documentation/admin-guide/devices.txt. Its path changes with the pivot.
const FUSE_DEV = "10:229";

/**
 * Entries of /proc of the processes that may have /dev/fuse open, by the names of their links
 * alone: to look at what those lead to may block. None where nothing could be served.
 */
export function listFuseProcesses({ mounts }: Snapshot, reader: Reader): readonly string[] {
  if (!mounts.some(({ fsType }) => isFuse(fsType))) return [];
  return (attempt(() => reader.readDir("/proc")) ?? []).filter(
    (entry) => /^[0-9]+$/.test(entry) && entry !== "1" && listFuseLinks(entry, reader).length > 0,
  );
}

/**
 * A process that serves FUSE and is left alone until its file systems are unmounted; undefined
 * for all others, which are killed before, or by whoever started them.
 *
 * It looks at the files of the process, which blocks where one of them lies on a dead server.
 */
export function readFuseServer(entry: string, reader: Reader): FuseServer | undefined {
  const hasFuseOpen = listFuseLinks(entry, reader).some(
    (path) => attempt(() => reader.stat(path))?.rdev === FUSE_DEV,
  );
  if (!hasFuseOpen) return undefined;
  const stat = parseProcStat(attempt(() => reader.readText(`/proc/${entry}/stat`)) ?? "");
  if (stat === undefined || !servesStorage(entry, stat.command, reader)) return undefined;
  return {
    pid: stat.pid,
    command: stat.command,
    startTime: stat.startTime,
    fileSystems: listPinnedFileSystems(entry, reader),
    devices: listOpenDevices(entry, reader).filter((dev) => dev !== FUSE_DEV),
  };
}

/** Paths of the open files of a process that may be /dev/fuse, by the names of their links. */
export function listFuseLinks(entry: string, reader: Reader): readonly string[] {
  const paths = listFds(entry, reader).map((link) => `/proc/${entry}/${link}`);
  return paths.filter((path) => attempt(() => reader.readLink(path))?.endsWith("/fuse"));
}
