import type { DeviceObserver } from "../../observe/device-observer.ts";
import { readLine } from "../../observe/read-line.ts";
import type { ZramField } from "./model.ts";

export const zramObserver: DeviceObserver<ZramField> = {
  matches: (entry) => entry.startsWith("zram"),
  observe(entry, reader) {
    const dir = `/sys/class/block/${entry}`;
    // A device that was reset counts as gone.
    if ((readLine(reader, `${dir}/disksize`) ?? "0") === "0") return {};
    // A kernel without CONFIG_ZRAM_WRITEBACK has no such file.
    return { zram: { backingDevice: readLine(reader, `${dir}/backing_dev`) ?? "none" } };
  },
};
