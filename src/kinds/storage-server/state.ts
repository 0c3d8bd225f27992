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

/** A storage daemon that serves a file system or a block device of this machine. */
export interface StorageServer {
  readonly pid: number;
  readonly command: string;
  /** As /proc/PID/stat shows it. */
  readonly startTime?: string;
  /** "major:minor" of the file systems that it keeps busy, sorted. */
  readonly fileSystems: readonly string[];
  /** "major:minor" of the block devices that it has open, sorted. */
  readonly devices: readonly string[];
}

export function readServer(field: Field): StorageServer {
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
