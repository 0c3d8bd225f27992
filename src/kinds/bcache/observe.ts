import type { DeviceObserver } from "../../observe/device-observer.ts";
import { type DeviceLinks, listByUuid, listLinked } from "../../observe/multi-devices.ts";
import { readLine } from "../../observe/read-line.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import type { BcacheField, BcacheSetsField } from "./model.ts";

// …/block/sdc/bcache
const links: DeviceLinks = { entry: /^cache[0-9]+$/, inside: "", index: -2 };

/** /sys/fs/bcache/UUID: a cache set, with a link "cacheN" for each of its cache devices. */
export function observeBcacheSets(reader: Reader): BcacheSetsField {
  const listDevices = (dir: string) => listLinked(dir, links, reader);
  const bcacheSets = listByUuid("/sys/fs/bcache", listDevices, reader);
  return bcacheSets === undefined ? {} : { bcacheSets };
}

export const bcacheObserver: DeviceObserver<BcacheField> = {
  matches: (entry) => entry.startsWith("bcache"),
  observe(entry, reader) {
    const dir = `/sys/class/block/${entry}/bcache`;
    // A volume that exists only in the cache has no state; it is released together with its set.
    const hasState = attempt(() => reader.readDir(dir))?.includes("state") === true;
    const backing = readPart(dir, -2, reader);
    if (!hasState || backing === undefined) return {};
    const set = readPart(`${dir}/cache`, -1, reader);
    const name = backing.replaceAll("!", "/");
    return { bcache: { state: "", backing: name, ...(set === undefined ? {} : { set }) } };
  },
  // The kernel needs bch_register_lock for the answer, and holds that lock while it writes to a
  // dead disk.
  findAsk: ({ name, bcache }) =>
    bcache &&
    (({ reader }) => {
      const path = `/sys/class/block/${name.replaceAll("/", "!")}/bcache/state`;
      return { bcache: { ...bcache, state: readLine(reader, path) ?? "" } };
    }),
};

/** The part of a link's target: …/block/sdb/bcache is the directory of the cached device. */
function readPart(link: string, index: number, reader: Reader): string | undefined {
  return attempt(() => reader.readLink(link))
    ?.split("/")
    .at(index);
}
