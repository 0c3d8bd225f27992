import {
  type Field,
  get,
  readDev,
  readList,
  readNumber,
  readOptional,
  readString,
} from "../../text/read-field.ts";

export interface MdField {
  readonly md?: MdState;
}

export interface MdState {
  /** /sys/block/mdN/md/level: "raid1", "container", … */
  readonly level: string;
  /** md/array_state: "clean", "active", "write-pending", … */
  readonly arrayState: string;
  /** md/metadata_version: "1.2", "external:imsm", … */
  readonly metadataVersion: string;
  /** md/bitmap/location: "none", "+8", "file". */
  readonly bitmapLocation: string;
  /** The path of the bitmap, if it is a file (GET_BITMAP_FILE). */
  readonly bitmapFile?: string;
  /** The mdmon that maintains the metadata of a container. */
  readonly monitor?: MdMonitor;
}

/** A running mdmon(8). */
export interface MdMonitor {
  readonly pid: number;
  /** As /proc/PID/stat shows it. */
  readonly startTime?: string;
  /** "major:minor" of the file systems that its program, libraries and directories are on, sorted. */
  readonly fileSystems: readonly string[];
}

export function readMd(field: Field): MdState {
  return {
    level: readString(get(field, "level")),
    arrayState: readString(get(field, "arrayState")),
    metadataVersion: readString(get(field, "metadataVersion")),
    bitmapLocation: readString(get(field, "bitmapLocation")),
    ...readOptional(field, "bitmapFile", readString),
    ...readOptional(field, "monitor", readMonitor),
  };
}

function readMonitor(field: Field): MdMonitor {
  return {
    pid: readNumber(get(field, "pid")),
    ...readOptional(field, "startTime", readString),
    fileSystems: readList(get(field, "fileSystems"), readDev),
  };
}
