/**
 * The device-mapper's ioctl interface, include/uapi/linux/dm-ioctl.h. Names
 * are the kernel's. Everything is little endian: x86-64 and arm64.
 */

import { decodeHugeDev, encodeHugeDev } from "../../text/dev.ts";
import { readByteString, readU64, writeByteString, writeU64 } from "../../text/struct-bytes.ts";

/** The character device that takes all requests. */
export const DM_CONTROL = "/dev/mapper/control";

// _IOWR(0xfd, nr, struct dm_ioctl), which has 312 bytes.
export const DM_DEV_CREATE = 0xc138fd03;
export const DM_DEV_REMOVE = 0xc138fd04;
/** Suspends with DM_SUSPEND_FLAG, resumes without it. */
export const DM_DEV_SUSPEND = 0xc138fd06;
export const DM_TABLE_LOAD = 0xc138fd09;
export const DM_TABLE_STATUS = 0xc138fd0c;
export const DM_TARGET_MSG = 0xc138fd0e;

export const DM_READONLY_FLAG = 1 << 0;
export const DM_SUSPEND_FLAG = 1 << 1;
export const DM_STATUS_TABLE_FLAG = 1 << 4;
export const DM_BUFFER_FULL_FLAG = 1 << 8;
/** Does not freeze the file system on it. */
export const DM_SKIP_LOCKFS_FLAG = 1 << 10;
/** Without it DM_TABLE_STATUS makes a thin pool commit, which blocks on dead storage. */
export const DM_NOFLUSH_FLAG = 1 << 11;
export const DM_DEFERRED_REMOVE = 1 << 17;

/** sizeof(struct dm_ioctl) */
export const DM_HEADER_SIZE = 312;

/** sizeof(struct dm_target_spec) */
const TARGET_SPEC_SIZE = 40;
const NAME_LENGTH = 128;
const UUID_LENGTH = 129;
const AT = {
  version: 0,
  dataSize: 12,
  dataStart: 16,
  targetCount: 20,
  openCount: 24,
  flags: 28,
  eventNumber: 32,
  dev: 40,
  name: 48,
  uuid: 176,
} as const;

export interface DmRequest {
  /** "major:minor". At most one of dev, name and uuid: the kernel does not accept two. */
  readonly dev?: string;
  readonly name?: string;
  readonly uuid?: string;
  readonly flags: number;
  /** The size of the whole buffer, which must be large enough for the response. */
  readonly size: number;
}

/** The header that every answer begins with. */
export interface DmStatus {
  readonly name: string;
  readonly uuid: string;
  readonly dev: string;
  readonly openCount: number;
  readonly targetCount: number;
  readonly eventNumber: number;
  /** DM_…_FLAG bits. */
  readonly flags: number;
  readonly suspended: boolean;
  readonly deferredRemove: boolean;
  /** The answer did not fit: ask again with a larger buffer. */
  readonly bufferFull: boolean;
  /** The offset of the data after the header. */
  readonly dataStart: number;
}

/** Makes the buffer of one ioctl; throws if a name does not fit. */
export function encodeDmRequest(request: DmRequest): ArrayBuffer {
  const buffer = new ArrayBuffer(Math.max(request.size, DM_HEADER_SIZE));
  const view = new DataView(buffer);
  // 4.0.0: the interface is compatible within its major version.
  view.setUint32(AT.version, 4, true);
  view.setUint32(AT.dataSize, buffer.byteLength, true);
  view.setUint32(AT.dataStart, DM_HEADER_SIZE, true);
  view.setUint32(AT.flags, request.flags, true);
  if (request.dev !== undefined) writeU64(view, AT.dev, encodeHugeDev(request.dev));
  writeByteString(view, AT.name, NAME_LENGTH, request.name ?? "");
  writeByteString(view, AT.uuid, UUID_LENGTH, request.uuid ?? "");
  return buffer;
}

/** A DM_TARGET_MSG request: `struct dm_target_msg` with the sector it is for. */
export function encodeDmMessage(
  request: Omit<DmRequest, "size">,
  sector: number,
  message: string,
): ArrayBuffer {
  const size = DM_HEADER_SIZE + 8 + message.length + 1;
  const buffer = encodeDmRequest({ ...request, size });
  const view = new DataView(buffer);
  writeU64(view, DM_HEADER_SIZE, sector);
  writeByteString(view, DM_HEADER_SIZE + 8, message.length + 1, message);
  return buffer;
}

/** One target of a table. */
export interface DmTargetSpec {
  /** In sectors of 512 bytes. */
  readonly start: number;
  readonly length: number;
  readonly type: string;
  readonly parameters: string;
}

/** A DM_TABLE_LOAD request of one target: `struct dm_target_spec` and its parameters. */
export function encodeDmTable(
  request: Omit<DmRequest, "size">,
  { start, length, type, parameters }: DmTargetSpec,
): ArrayBuffer {
  const textAt = DM_HEADER_SIZE + TARGET_SPEC_SIZE;
  const size = textAt + Math.ceil((parameters.length + 1) / 8) * 8;
  const buffer = encodeDmRequest({ ...request, size });
  const view = new DataView(buffer);
  view.setUint32(AT.targetCount, 1, true);
  writeU64(view, DM_HEADER_SIZE, start);
  writeU64(view, DM_HEADER_SIZE + 8, length);
  writeByteString(view, DM_HEADER_SIZE + 24, 16, type);
  writeByteString(view, textAt, parameters.length + 1, parameters);
  return buffer;
}

/** The header of an answer. Throws if the buffer is shorter than a header. */
export function decodeDmStatus(buffer: ArrayBuffer): DmStatus {
  if (buffer.byteLength < DM_HEADER_SIZE) throw new Error("no device-mapper answer: too short");
  const view = new DataView(buffer);
  const flags = view.getUint32(AT.flags, true);
  return {
    name: readByteString(view, AT.name, NAME_LENGTH),
    uuid: readByteString(view, AT.uuid, UUID_LENGTH),
    dev: decodeHugeDev(readU64(view, AT.dev)),
    openCount: view.getInt32(AT.openCount, true),
    targetCount: view.getUint32(AT.targetCount, true),
    eventNumber: view.getUint32(AT.eventNumber, true),
    flags,
    suspended: (flags & DM_SUSPEND_FLAG) !== 0,
    deferredRemove: (flags & DM_DEFERRED_REMOVE) !== 0,
    bufferFull: (flags & DM_BUFFER_FULL_FLAG) !== 0,
    dataStart: view.getUint32(AT.dataStart, true),
  };
}
