import { type Field, get, readList, readString } from "../../text/read-field.ts";

export interface SessionsField {
  /** Sorted by name. Absent if there is none. */
  readonly sessions?: readonly Session[];
}

/** A connection to a server of block devices. */
export interface Session {
  readonly protocol: "nvme" | "iscsi";
  /** Its name in sysfs: "nvme-subsys0", "session1". */
  readonly name: string;
  /** Its NVMe controllers ("nvme0") or iSCSI connections ("connection1:0"), sorted. */
  readonly paths: readonly string[];
  /** Kernel names of its disks, sorted. */
  readonly devices: readonly string[];
}

export function readSessions(list: Field): readonly Session[] {
  return readList(list, readSession);
}

function readSession(field: Field): Session {
  const protocol = readString(get(field, "protocol"));
  if (protocol !== "nvme" && protocol !== "iscsi") {
    throw new Error(`${field.path}.protocol: neither "nvme" nor "iscsi"`);
  }
  return {
    protocol,
    name: readString(get(field, "name")),
    paths: readList(get(field, "paths"), readString),
    devices: readList(get(field, "devices"), readString),
  };
}
