import type { DeviceObserver } from "../../observe/device-observer.ts";
import { readLine } from "../../observe/read-line.ts";
import type { ZramField } from "./model.ts";

export const zramObserver: DeviceObserver<ZramField> = {
  matches: (entry) => entry.startsWith("zram"),
  // A device that was reset counts as gone.
  observe: (entry, reader) =>
    (readLine(reader, `/sys/class/block/${entry}/disksize`) ?? "0") === "0"
      ? {}
      : { zram: { backingDevice: "none" } },
  // The kernel needs the device's lock for the answer (drivers/block/zram/zram_drv.c,
  // backing_dev_show). It is held while pages are written to a dead disk, and a reset waits for it.
  findAsk: ({ name, zram }) =>
    zram &&
    (({ reader }) => {
      // A kernel without CONFIG_ZRAM_WRITEBACK has no such file.
      const backingDevice = readLine(reader, `/sys/class/block/${name}/backing_dev`);
      return { zram: { backingDevice: backingDevice ?? "none" } };
    }),
};
