import type { DeviceObserver } from "../../observe/device-observer.ts";
import { readLine } from "../../observe/read-line.ts";
import { parseDecimal } from "../../text/dev.ts";
import type { NbdField } from "./model.ts";

export const nbdObserver: DeviceObserver<NbdField> = {
  matches: (entry) => entry.startsWith("nbd"),
  observe(entry, reader) {
    const pid = parseDecimal(readLine(reader, `/sys/class/block/${entry}/pid`) ?? "");
    return pid === undefined ? {} : { nbd: { pid } };
  },
};
