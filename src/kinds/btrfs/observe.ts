import { listByUuid } from "../../observe/multi-devices.ts";
import type { Reader } from "../../port/reader.ts";
import { attempt } from "../../port/sys-error.ts";
import type { BtrfsField } from "./model.ts";

/** /sys/fs/btrfs/UUID/devices: every device that a mounted btrfs has open. */
export function observeBtrfs(reader: Reader): BtrfsField {
  const listDevices = (dir: string) => attempt(() => reader.readDir(`${dir}/devices`)) ?? [];
  const btrfs = listByUuid("/sys/fs/btrfs", listDevices, reader);
  return btrfs === undefined ? {} : { btrfs };
}
