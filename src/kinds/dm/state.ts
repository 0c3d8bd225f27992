import {
  type Field,
  get,
  readBoolean,
  readList,
  readNumber,
  readOptional,
  readString,
} from "../../text/read-field.ts";

export interface DmField {
  readonly dm?: DmState;
}

export interface DmState {
  readonly name: string;
  readonly uuid: string;
  readonly suspended: boolean;
  readonly openCount: number;
  readonly deferredRemove: boolean;
  /** One per target of the live table; empty for a device without a table. */
  readonly targets: readonly DmTarget[];
}

export interface DmTarget {
  /** 512-byte sectors. */
  readonly start: number;
  readonly length: number;
  readonly type: string;
  /** multipath: I/O waits for ever if no path is left. */
  readonly queuesWithoutPath?: boolean;
}

export function readDm(field: Field): DmState {
  return {
    name: readString(get(field, "name")),
    uuid: readString(get(field, "uuid")),
    suspended: readBoolean(get(field, "suspended")),
    openCount: readNumber(get(field, "openCount")),
    deferredRemove: readBoolean(get(field, "deferredRemove")),
    targets: readList(get(field, "targets"), readTarget),
  };
}

function readTarget(field: Field): DmTarget {
  return {
    start: readNumber(get(field, "start")),
    length: readNumber(get(field, "length")),
    type: readString(get(field, "type")),
    ...readOptional(field, "queuesWithoutPath", readBoolean),
  };
}
