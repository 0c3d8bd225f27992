/** The MD driver's ioctl and sysfs interface: linux/raid/md_u.h, Documentation/admin-guide/md.rst. */
import { readByteString } from "../../text/struct-bytes.ts";

/** _IO(MD_MAJOR, 0x32) */
export const STOP_ARRAY = 0x932;
/** _IOR(MD_MAJOR, 0x15, mdu_bitmap_file_t) */
export const GET_BITMAP_FILE = 0x90000915;
/** sizeof(mdu_bitmap_file_t) */
export const BITMAP_FILE_SIZE = 4096;

/** The path in the answer of GET_BITMAP_FILE; "" for an array without a bitmap file. */
export function decodeBitmapFile(buffer: ArrayBuffer): string {
  return readByteString(new DataView(buffer), 0, BITMAP_FILE_SIZE);
}

/**
 * Whether md/array_state shows that the superblocks are marked clean, or that the array is not
 * running.
 */
export function isMdClean(arrayState: string): boolean {
  return ["clear", "inactive", "readonly", "read-auto", "clean"].includes(arrayState);
}

/** Whether mdmon maintains the metadata: without mdmon such an array cannot become clean. */
export function hasExternalMetadata(metadataVersion: string): boolean {
  return metadataVersion.startsWith("external:");
}

/**
 * The kernel name of the container of this volume, from md/metadata_version: "external:/md127/0",
 * or "external:-md127/0" while the volume is blocked read-only. Undefined for a container or a
 * plain array.
 */
export function readMdContainer(metadataVersion: string): string | undefined {
  return /^external:[/-]([^/]+)\//.exec(metadataVersion)?.[1];
}

/** Whether a process with these arguments is the mdmon(8) of `container`. */
export function isMdmonOf(argv: readonly string[], container: string): boolean {
  const [program = "", ...rest] = argv;
  if (!program.endsWith("mdmon")) return false;
  return rest.some((word) => word === container || word === `/dev/${container}`);
}
