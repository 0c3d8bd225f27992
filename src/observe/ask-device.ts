import type { BlockDevice, DeviceFields } from "../kinds/kinds.ts";
import { findDeviceObserver } from "../kinds/observed.ts";
import type { AskPorts } from "./ask-ports.ts";

/** Asks about a device, which may block for ever; undefined if the text of sysfs is sufficient. */
export function findAsk(device: BlockDevice): ((ports: AskPorts) => DeviceFields) | undefined {
  return findDeviceObserver(device.name.replaceAll("/", "!"))?.findAsk?.(device);
}
