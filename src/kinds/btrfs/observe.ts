import { listByUuid } from "../../observe/multi-devices.ts";
import { listOrNone } from "../../port/best-effort.ts";
import type { Reader } from "../../port/teardown.ts";
import type { BtrfsField } from "./model.ts";

/** /sys/fs/btrfs/UUID/devices: every device that a mounted btrfs has open. */
export function observeBtrfs(reader: Reader): BtrfsField {
  const listDevices = (dir: string) => listOrNone(`${dir}/devices`, reader);
  const btrfs = listByUuid("/sys/fs/btrfs", listDevices, reader);
  return btrfs === undefined ? {} : { btrfs };
}
