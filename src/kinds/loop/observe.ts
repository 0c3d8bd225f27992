import type { DeviceObserver } from "../../observe/device-observer.ts";
import { readLine } from "../../observe/read-line.ts";
import { attempt } from "../../port/sys-error.ts";
import type { LoopField } from "./model.ts";

export const loopObserver: DeviceObserver<LoopField> = {
  matches: (entry) => entry.startsWith("loop"),
  observe(entry, reader) {
    const dir = `/sys/class/block/${entry}/loop`;
    const backingFile = readLine(reader, `${dir}/backing_file`);
    if (backingFile === undefined) return {};
    return { loop: { backingFile, autoclear: readLine(reader, `${dir}/autoclear`) === "1" } };
  },
  // LOOP_GET_STATUS64 queries the file system of the backing file, which may have to query a
  // server.
  findAsk: ({ name, loop }) =>
    loop &&
    (({ reader, claims }) => {
      const backingDev = attempt(() => reader.readLoopBackingDev(name));
      return {
        loop: {
          backingFile: loop.backingFile,
          ...(backingDev === undefined ? {} : { backingDev }),
          autoclear: loop.autoclear,
          ...(attempt(() => claims?.isClaimed(name)) === true ? { claimed: true } : {}),
        },
      };
    }),
};
