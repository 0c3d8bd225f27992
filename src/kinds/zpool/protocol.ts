/**
 * OpenZFS's ioctl and on-disk interface: include/sys/zfs_ioctl.h,
 * include/sys/fs/zfs.h, include/sys/vdev_impl.h.
 */
import { writeByteString, writeU64 } from "../../text/struct-bytes.ts";

/** ('Z' << 8) + 3 in every release on Linux. */
export const ZFS_IOC_POOL_EXPORT = 0x5a03;
/** _IOR(0x12, 125, char[256]): the name of the dataset that a zvol shows. */
export const BLKZNAME = 0x8100127d;
export const BLKZNAME_SIZE = 256;

/**
 * More than sizeof(zfs_cmd_t), all of which the module copies in and out: 13,744 bytes since 0.8.
 */
const COMMAND_SIZE = 16384;
const NAME_SIZE = 4096;
// Up to these fields zfs_cmd_t is the same in every release from 0.6.3 to 2.4.
const AT_GUID = 12592;

/**
 * Encodes zfs_cmd_t for ZFS_IOC_POOL_EXPORT: zc_name is the pool, zc_guid means "hardforce" (write
 * the data, leave the labels unchanged). zc_cookie means "force", which removes a spare that
 * another pool uses: never set.
 */
export function encodePoolExport(name: string, hardForce: boolean): ArrayBuffer {
  const buffer = new ArrayBuffer(COMMAND_SIZE);
  const view = new DataView(buffer);
  writeByteString(view, 0, NAME_SIZE, name);
  writeU64(view, AT_GUID, hardForce ? 1 : 0);
  return buffer;
}

/**
 * Whether the interface of this version (/sys/module/zfs/version, "2.1.11-1") is known to be the
 * above. With another one, the module could access wrong memory.
 */
export function isKnownZfsVersion(version: string): boolean {
  return /^(0\.[78]|2\.[0-4])\./.test(version);
}

/** The pool of a dataset or snapshot: "tank" for "tank/home@monday". */
export function readPoolOfDataset(dataset: string): string {
  const end = dataset.search(/[/@#]/);
  return end < 0 ? dataset : dataset.slice(0, end);
}

/** The end of the first label's properties: how much must be read from a device. */
export const POOL_LABEL_SIZE = 131072;
const AT_PROPERTIES = 16384;
const ENCODED_AS_XDR = 1;
const TYPE_STRING = 9;

/**
 * Decodes the pool of a device from the label at its beginning: an nvlist in XDR, all numbers
 * big-endian. Undefined if there is none.
 */
export function decodeLabelPool(label: Uint8Array): string | undefined {
  const view = new DataView(label.buffer, label.byteOffset, label.byteLength);
  if (label.length < POOL_LABEL_SIZE || label[AT_PROPERTIES] !== ENCODED_AS_XDR) return undefined;
  // Header (4 bytes), nvl_version, nvl_nvflag; then pairs, each with its size first.
  let at = AT_PROPERTIES + 12;
  while (at + 20 <= label.length) {
    const size = view.getUint32(at);
    if (size === 0) return undefined;
    const name = readXdrString(label, view, at + 8);
    const afterName = at + 12 + padTo4(name?.length ?? 0);
    if (name === undefined || afterName + 12 > label.length) return undefined;
    if (name === "name" && view.getUint32(afterName) === TYPE_STRING) {
      return readXdrString(label, view, afterName + 8);
    }
    at += size;
  }
  return undefined;
}

function readXdrString(label: Uint8Array, view: DataView, at: number): string | undefined {
  const length = view.getUint32(at);
  if (length > 256 || at + 4 + length > label.length) return undefined;
  return String.fromCharCode(...label.subarray(at + 4, at + 4 + length));
}

function padTo4(length: number): number {
  return (length + 3) & ~3;
}
