/** The data after the header of the device-mapper's responses (linux/dm-ioctl.h). */

import { decodeHugeDev } from "../../text/dev.ts";
import { readByteString, readU64 } from "../../text/struct-bytes.ts";
import { decodeDmStatus } from "./protocol.ts";

/** One `struct dm_target_spec` of a table; sectors of 512 bytes. */
export interface DmTargetSpec {
  readonly start: number;
  readonly length: number;
  readonly type: string;
  /** The status line, or with DM_STATUS_TABLE_FLAG the table line, which may contain a key. */
  readonly params: string;
}

const SPEC_SIZE = 40;
const TYPE_LENGTH = 16;

/** The targets of a DM_TABLE_STATUS answer, as far as it is complete. */
export function decodeDmTargets(buffer: ArrayBuffer): readonly DmTargetSpec[] {
  const { dataStart, targetCount } = decodeDmStatus(buffer);
  const view = new DataView(buffer);
  const targets: DmTargetSpec[] = [];
  let offset = dataStart;
  while (targets.length < targetCount && offset + SPEC_SIZE <= view.byteLength) {
    // In a response `next` is relative to the first spec, not to this one.
    const next = dataStart + view.getUint32(offset + 20, true);
    targets.push({
      start: readU64(view, offset),
      length: readU64(view, offset + 8),
      type: readByteString(view, offset + 24, TYPE_LENGTH),
      params: readByteString(view, offset + SPEC_SIZE, view.byteLength),
    });
    if (next <= offset) break;
    offset = next;
  }
  return targets;
}

/**
 * The "major:minor" of the devices that the live table uses: `struct dm_target_deps` of
 * DM_TABLE_DEPS.
 */
export function decodeDmDeps(buffer: ArrayBuffer): readonly string[] {
  const { dataStart } = decodeDmStatus(buffer);
  const view = new DataView(buffer);
  const devs: string[] = [];
  if (dataStart + 8 > view.byteLength) return devs;
  const count = view.getUint32(dataStart, true);
  for (let at = dataStart + 8; devs.length < count && at + 8 <= view.byteLength; at += 8) {
    devs.push(decodeHugeDev(readU64(view, at)));
  }
  return devs;
}

/** The devices of a DM_LIST_DEVICES answer: a chain of `struct dm_name_list`. */
export function decodeDmDeviceList(
  buffer: ArrayBuffer,
): readonly { readonly dev: string; readonly name: string }[] {
  const view = new DataView(buffer);
  const devices: { dev: string; name: string }[] = [];
  let offset = decodeDmStatus(buffer).dataStart;
  while (offset + 12 <= view.byteLength) {
    const encoded = readU64(view, offset);
    // If there is no device, the kernel returns one empty record.
    if (encoded === 0) break;
    const name = readByteString(view, offset + 12, view.byteLength);
    devices.push({ dev: decodeHugeDev(encoded), name });
    const next = view.getUint32(offset + 8, true);
    if (next === 0) break;
    offset += next;
  }
  return devices;
}
