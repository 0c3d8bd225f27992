import type { BlockDevice, DeviceFields } from "../kinds/kinds.ts";
import { findDeviceObserver } from "../kinds/observed.ts";
import type { AskPorts } from "./ask-ports.ts";

/** How to ask about a device, which may block for ever; undefined where the text of sysfs says all. */
export function findAsk(device: BlockDevice): ((ports: AskPorts) => DeviceFields) | undefined {
  return findDeviceObserver(device.name.replaceAll("/", "!"))?.findAsk?.(device);
}
