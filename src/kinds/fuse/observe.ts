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

/** Whether there is anything that a FUSE server could serve. */
export function mayHaveFuseServers({ mounts }: Snapshot): boolean {
  return mounts.some(({ fsType }) => isFuse(fsType));
}

/**
 * The processes that serve FUSE and are left alone until their file systems
 * are unmounted. All others are killed before, or by whoever started them.
 *
 * It looks at the files of such a process, which blocks where one of them lies
 * on a dead server: a child of its own.
 */
export function listFuseServers(reader: Reader): readonly FuseServer[] {
  return (attempt(() => reader.readDir("/proc")) ?? []).flatMap((entry) => {
    const server = /^[0-9]+$/.test(entry) && entry !== "1" ? readServer(entry, reader) : undefined;
    return server === undefined ? [] : [server];
  });
}

export function addFuseServers(snapshot: Snapshot, fuseServers: readonly FuseServer[]): Snapshot {
  return fuseServers.length === 0 ? snapshot : { ...snapshot, fuseServers };
}

function readServer(entry: string, reader: Reader): FuseServer | undefined {
  if (!hasFuseOpen(entry, reader)) return undefined;
  const stat = parseProcStat(attempt(() => reader.readText(`/proc/${entry}/stat`)) ?? "");
  if (stat === undefined || !servesStorage(entry, stat.command, reader)) return undefined;
  return {
    pid: stat.pid,
    command: stat.command,
    fileSystems: listPinnedFileSystems(entry, reader),
    devices: listOpenDevices(entry, reader).filter((dev) => dev !== FUSE_DEV),
  };
}

/** By the links alone for all other files: to look at what they lead to may block. */
function hasFuseOpen(entry: string, reader: Reader): boolean {
  return listFds(entry, reader).some((link) => {
    const path = `/proc/${entry}/${link}`;
    const target = attempt(() => reader.readLink(path)) ?? "";
    return target.endsWith("/fuse") && attempt(() => reader.stat(path))?.rdev === FUSE_DEV;
  });
}
