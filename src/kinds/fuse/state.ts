import type { NodeId } from "../../teardown/graph/node.ts";
import {
  type Field,
  get,
  readDev,
  readList,
  readNumber,
  readOptional,
  readString,
} from "../../text/read-field.ts";
import { refuseDoubles } from "../../text/refuse-doubles.ts";

export interface FuseServersField {
  /** Storage daemons that serve FUSE, sorted as /proc is read. Absent where there is none. */
  readonly fuseServers?: readonly FuseServer[];
}

/** A process that answers for one or more FUSE mounts. The kernel does not report which ones. */
export interface FuseServer {
  readonly pid: number;
  readonly command: string;
  /** As /proc/PID/stat shows it. */
  readonly startTime?: string;
  /** "major:minor" of the file systems that it keeps busy, sorted. */
  readonly fileSystems: readonly string[];
  /** "major:minor" of the block devices that it has open, sorted. */
  readonly devices: readonly string[];
}

export function readFuseServers(list: Field): readonly FuseServer[] {
  const servers = readList(list, readServer);
  refuseDoubles(
    list.path,
    "pid",
    servers.map(({ pid }) => String(pid)),
  );
  return servers;
}

export function readServer(field: Field): FuseServer {
  return {
    pid: readNumber(get(field, "pid")),
    command: readString(get(field, "command")),
    ...readOptional(field, "startTime", readString),
    fileSystems: readList(get(field, "fileSystems"), readDev),
    devices: readList(get(field, "devices"), readDev),
  };
}

export function processNodeId(pid: number): NodeId {
  return `process:${pid}`;
}
