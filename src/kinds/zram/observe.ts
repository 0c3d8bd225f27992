import type { DeviceObserver } from "../../observe/device-observer.ts";
import { readLine } from "../../observe/read-line.ts";
import type { ZramField } from "./model.ts";

export const zramObserver: DeviceObserver<ZramField> = {
  matches: (entry) => entry.startsWith("zram"),
  observe(entry, reader) {
    const dir = `/sys/class/block/${entry}`;
    if (readLine(reader, `${dir}/disksize`) === undefined) return {};
    // A kernel without CONFIG_ZRAM_WRITEBACK has no such file.
    return { zram: { backingDevice: readLine(reader, `${dir}/backing_dev`) ?? "none" } };
  },
};
