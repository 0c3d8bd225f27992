import type { DeviceObserver } from "../../observe/device-observer.ts";
import { readLine } from "../../observe/read-line.ts";
import type { Reader } from "../../port/teardown.ts";
import { parseDecimal } from "../../text/dev.ts";
import { listOpeners, readStorageServer } from "../storage-server/observe.ts";
import type { StorageServer } from "../storage-server/state.ts";
import type { UblkField } from "./model.ts";

export const ublkObserver: DeviceObserver<UblkField> = {
  matches: (entry) => entry.startsWith("ublkb"),
  observe(entry, reader) {
    // A partition, "ublkb0p1", has no number of its own.
    const id = parseDecimal(entry.slice("ublkb".length));
    return id === undefined || readControlDev(id, reader) === undefined ? {} : { ublk: { id } };
  },
  // The driver does not report its server outside io_uring. Only one process can have the device open.
  findAsk: ({ ublk }) =>
    ublk &&
    (({ reader }) => {
      const server = findServer(ublk.id, reader);
      return { ublk: { id: ublk.id, ...(server === undefined ? {} : { server }) } };
    }),
};

function findServer(id: number, reader: Reader): StorageServer | undefined {
  const suffix = `/ublkc${id}`;
  const own = readControlDev(id, reader);
  if (own === undefined) return undefined;
  for (const entry of listOpeners(suffix, reader)) {
    const server = readStorageServer(entry, suffix, own, reader);
    if (server !== undefined) return server;
  }
  return undefined;
}

/** "major:minor" of /dev/ublkcN, by which its server takes and answers requests. */
function readControlDev(id: number, reader: Reader): string | undefined {
  return readLine(reader, `/sys/class/ublk-char/ublkc${id}/dev`);
}
