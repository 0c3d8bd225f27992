import {
  type BlockDevice,
  DEVICE_MEMBERS,
  type DeviceFields,
  SNAPSHOT_MEMBERS,
  type Snapshot,
  type SnapshotFields,
} from "../../kinds/kinds.ts";
import {
  type Field,
  get,
  readBoolean,
  readDev,
  readFlag,
  readList,
  readNumber,
  readOptional,
  readString,
} from "../../text/read-field.ts";
import { refuseDoubles } from "../../text/refuse-doubles.ts";
import type { ReadMember } from "../kind.ts";
import type { Mount } from "./base.ts";

/** Checks a whole snapshot, field by field. Throws an Error that names the first wrong one. */
export function parseFields(value: unknown): Snapshot {
  const all = { value, path: "" };
  const format = readNumber(get(all, "format"));
  if (format !== 1) throw new Error(`format: ${format} is not supported, only 1`);
  const mounts = readList(get(all, "mounts"), readMount);
  const devices = readList(get(all, "devices"), readDevice);
  refuseDoubles(
    "mounts",
    "id",
    mounts.map((mount) => String(mount.id)),
  );
  for (const key of ["dev", "name"] as const) {
    refuseDoubles(
      "devices",
      key,
      devices.map((device) => device[key]),
    );
  }
  const kernel = readString(get(all, "kernel"));
  const fields: SnapshotFields = readMembers(all, SNAPSHOT_MEMBERS);
  if (fields.swaps === undefined) throw new Error("swaps: missing, must be a list");
  return { format, kernel, ...readFlag(all, "unprivileged"), mounts, devices, ...fields };
}

function readMount(field: Field): Mount {
  return {
    id: readNumber(get(field, "id")),
    parentId: readNumber(get(field, "parentId")),
    dev: readDev(get(field, "dev")),
    root: readString(get(field, "root")),
    target: readString(get(field, "target")),
    options: readList(get(field, "options"), readString),
    propagation: readList(get(field, "propagation"), readString),
    fsType: readString(get(field, "fsType")),
    source: readString(get(field, "source")),
    superOptions: readList(get(field, "superOptions"), readString),
  };
}

function readDevice(field: Field): BlockDevice {
  const fields: DeviceFields = readMembers(field, DEVICE_MEMBERS);
  return {
    name: readString(get(field, "name")),
    dev: readDev(get(field, "dev")),
    sectors: readNumber(get(field, "sectors")),
    readOnly: readBoolean(get(field, "readOnly")),
    slaves: readList(get(field, "slaves"), readString),
    ...readOptional(field, "partitionOf", readString),
    ...fields,
    ...readFlag(field, "mute"),
  };
}

/** The existing members, each read by its kind. */
function readMembers<T>(
  field: Field,
  readers: { readonly [K in keyof T]-?: ReadMember<NonNullable<T[K]>> },
): T {
  const found: Record<string, unknown> = {};
  for (const [key, read] of Object.entries<ReadMember<unknown>>(readers)) {
    const member = get(field, key);
    if (member.value !== undefined) found[key] = read(member);
  }
  return found as T;
}
