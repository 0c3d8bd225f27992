import { listOpeners, readStorageServer } from "../../observe/storage-server.ts";
import type { Reader } from "../../port/teardown.ts";
import { isFuse } from "../file-systems.ts";
import type { Snapshot } from "../kinds.ts";
import type { FuseServer } from "./state.ts";

/** How the path of /dev/fuse ends. */
export const FUSE_SUFFIX = "/fuse";
// /dev/fuse: Documentation/admin-guide/devices.txt
const FUSE_DEV = "10:229";

/** Entries of /proc of the processes that may serve FUSE. None where nothing could be served. */
export function listFuseProcesses({ mounts }: Snapshot, reader: Reader): readonly string[] {
  return mounts.some(({ fsType }) => isFuse(fsType)) ? listOpeners(FUSE_SUFFIX, reader) : [];
}

/** A process that serves FUSE, and is left alone until its file systems are unmounted. */
export function readFuseServer(entry: string, reader: Reader): FuseServer | undefined {
  return readStorageServer(entry, FUSE_SUFFIX, FUSE_DEV, reader);
}
