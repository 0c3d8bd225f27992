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
    // A volume that lies in the cache alone has no state, and goes with its set.
    const hasState = attempt(() => reader.readDir(dir))?.includes("state") === true;
    const backing = readPart(dir, -2, reader);
    if (!hasState || backing === undefined) return {};
    const set = readPart(`${dir}/cache`, -1, reader);
    const name = backing.replaceAll("!", "/");
    return { bcache: { state: "", backing: name, ...(set === undefined ? {} : { set }) } };
  },
  // The kernel takes bch_register_lock to answer, and holds it while it writes to a dead disk.
  findAsk: ({ name, bcache }) =>
    bcache &&
    (({ reader }) => {
      const path = `/sys/class/block/${name.replaceAll("/", "!")}/bcache/state`;
      return { bcache: { ...bcache, state: readLine(reader, path) ?? "" } };
    }),
};

/** Part of where a link leads to: …/block/sdb/bcache is the cached device's directory. */
function readPart(link: string, index: number, reader: Reader): string | undefined {
  return attempt(() => reader.readLink(link))
    ?.split("/")
    .at(index);
}
