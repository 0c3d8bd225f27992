import { type Field, readList } from "../../text/read-field.ts";
import { refuseDoubles } from "../../text/refuse-doubles.ts";
import { readServer, type StorageServer } from "../storage-server/state.ts";

export interface FuseServersField {
  /**
   * Storage daemons that serve FUSE, sorted as /proc is read. Absent if there is none. The kernel
   * does not report which mount each of them serves.
   */
  readonly fuseServers?: readonly StorageServer[];
}

export function readFuseServers(list: Field): readonly StorageServer[] {
  const servers = readList(list, readServer);
  refuseDoubles(
    list.path,
    "pid",
    servers.map(({ pid }) => String(pid)),
  );
  return servers;
}
