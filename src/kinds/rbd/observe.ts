import type { DeviceObserver } from "../../observe/device-observer.ts";
import { readLine } from "../../observe/read-line.ts";
import { parseDecimal } from "../../text/dev.ts";
import type { RbdField } from "./model.ts";

/** sysfs shows the parameters of the mapping; the cluster is not queried. */
export const rbdObserver: DeviceObserver<RbdField> = {
  matches: (entry) => entry.startsWith("rbd"),
  observe(entry, reader) {
    // A partition, "rbd0p1", has no number of its own.
    const id = parseDecimal(entry.slice("rbd".length));
    if (id === undefined) return {};
    const dir = `/sys/bus/rbd/devices/${id}`;
    const pool = readLine(reader, `${dir}/pool`);
    const image = readLine(reader, `${dir}/name`);
    return pool === undefined || image === undefined ? {} : { rbd: { id, pool, image } };
  },
};
