import { type Field, get, readList, readString } from "../../text/read-field.ts";
import { refuseDoubles } from "../../text/refuse-doubles.ts";

export interface ZvolField {
  /** The dataset of a zvol: "tank/swap". */
  readonly zvol?: string;
}

export interface ZfsField {
  /** Absent if ZFS is not loaded. */
  readonly zfs?: ZfsState;
}

export interface ZfsState {
  /** /sys/module/zfs/version: "2.1.11-1". */
  readonly version: string;
  /** The imported pools, sorted by name. */
  readonly pools: readonly Pool[];
}

export interface Pool {
  readonly name: string;
  /** "ONLINE", "DEGRADED", "SUSPENDED", … */
  readonly state: string;
  /**
   * Kernel names of the block devices that belong to this pool, by their label, or may belong to it,
   * because there is no other pool or the label could not be read. Sorted.
   */
  readonly devices: readonly string[];
}

export function readZfs(field: Field): ZfsState {
  const pools = readList(get(field, "pools"), readPool);
  refuseDoubles(
    `${field.path}.pools`,
    "name",
    pools.map(({ name }) => name),
  );
  return { version: readString(get(field, "version")), pools };
}

function readPool(field: Field): Pool {
  return {
    name: readString(get(field, "name")),
    state: readString(get(field, "state")),
    devices: readList(get(field, "devices"), readString),
  };
}
