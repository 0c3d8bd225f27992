import type { DeviceObserver } from "../../observe/device-observer.ts";
import { attempt } from "../../port/sys-error.ts";
import { parseDev } from "../../text/dev.ts";
import type { DrbdField } from "./model.ts";
import { DRBD_MAJOR } from "./protocol.ts";

export const drbdObserver: DeviceObserver<DrbdField> = {
  matches: (entry) => entry.startsWith("drbd"),
  findAsk({ dev }) {
    const number = parseDev(dev);
    if (number?.major !== DRBD_MAJOR) return undefined;
    return ({ reader }) => {
      const resource = attempt(() => reader.readDrbdResource(number.minor));
      return resource === undefined ? {} : { drbd: { resource } };
    };
  },
};
