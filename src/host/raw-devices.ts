import { O_DIRECT, O_DSYNC, O_EXCL, O_RDONLY, O_RDWR, readAt, writeAt } from "exitrd:sys";
import type { RawDevices } from "../port/record.ts";
import { withOpen } from "./with-open.ts";

const WRITE = O_RDWR | O_DIRECT | O_DSYNC;

const READ = O_RDONLY | O_DIRECT;

const FLAGS = {
  ...{ read: READ, "read-alone": READ | O_EXCL },
  ...{ write: WRITE, "write-alone": WRITE | O_EXCL },
};

/** The `RawDevices` port on the running kernel. */
export const hostRawDevices: RawDevices = {
  withDevice: (path, how, use) =>
    withOpen(path, FLAGS[how], (fd) =>
      use({
        read: (offset, length) => readAt(fd, offset, length),
        // A short write is noticed when the data is read back.
        write: (offset, data) => {
          writeAt(fd, offset, data);
        },
      }),
    ),
};
