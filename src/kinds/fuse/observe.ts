import type { Inquiry } from "../../observe/inquiry.ts";
import { isFuse } from "../file-systems.ts";
import { listOpeners, readStorageServer } from "../storage-server/observe.ts";
import type { StorageServer } from "../storage-server/state.ts";

/** How the path of /dev/fuse ends. */
export const FUSE_SUFFIX = "/fuse";
// /dev/fuse: Documentation/admin-guide/devices.txt
const FUSE_DEV = "10:229";

/** Which processes serve FUSE, and are left alone until its file systems are unmounted. */
export const fuseInquiry: Inquiry<string, { readonly server?: StorageServer }> = {
  // None if nothing could be served.
  findProcesses: ({ mounts }, reader) =>
    mounts.some(({ fsType }) => isFuse(fsType)) ? listOpeners(FUSE_SUFFIX, reader) : [],
  listQuestions: (_snapshot, processes) => processes,
  ask(entry, { reader }) {
    const server = readStorageServer(entry, FUSE_SUFFIX, FUSE_DEV, reader);
    return server === undefined ? {} : { server };
  },
  // If examining a server takes too long, it is killed with the last processes.
  addReplies(snapshot, replies) {
    const fuseServers = replies.flatMap(({ answer }) => answer?.server ?? []);
    return fuseServers.length === 0 ? snapshot : { ...snapshot, fuseServers };
  },
};
