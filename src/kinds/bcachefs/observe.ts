import { type DeviceLinks, listByUuid, listLinked } from "../../observe/multi-devices.ts";
import type { Reader } from "../../port/teardown.ts";
import type { BcachefsField } from "./model.ts";

// …/block/vdc/vdc1
const links: DeviceLinks = { entry: /^dev-[0-9]+$/, inside: "/block", index: -1 };

/** /sys/fs/bcachefs/UUID: a mounted bcachefs, with a link "dev-N/block" for each of its devices. */
export function observeBcachefs(reader: Reader): BcachefsField {
  const listDevices = (dir: string) => listLinked(dir, links, reader);
  const bcachefs = listByUuid("/sys/fs/bcachefs", listDevices, reader);
  return bcachefs === undefined ? {} : { bcachefs };
}
