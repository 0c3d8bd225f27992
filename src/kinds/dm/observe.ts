import type { DeviceObserver } from "../../observe/device-observer.ts";
import { readLine } from "../../observe/read-line.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import type { DmField, DmState, DmTarget } from "./state.ts";

export const dmObserver: DeviceObserver<DmField> = {
  matches: (entry) => entry.startsWith("dm-"),
  // A thin pool, a cache or a snapshot does not answer while it waits for the disk of its metadata.
  findAsk:
    ({ name, dev }) =>
    ({ reader }) => ({
      // The control device may be missing. Then sysfs still has the name, unless the device is
      // being removed, but the table is unknown.
      dm: attempt(() => reader.readDm(dev)) ?? { ...observeText(name, 0, reader), targets: [] },
    }),
  mute: {
    observe: ({ name, sectors }, reader) => ({ dm: observeText(name, sectors, reader) }),
    unread: ({ name }) => ({
      dm: {
        ...{ name, uuid: "", suspended: false },
        openCount: 0,
        deferredRemove: false,
        targets: [],
      },
    }),
  },
};

/**
 * Reads a device from the text of sysfs, which does not depend on its disks. The target is guessed
 * from the UUID, whose prefix names the program that created the device.
 */
function observeText(name: string, sectors: number, reader: Reader): DmState {
  const dir = `/sys/class/block/${name}/dm`;
  const uuid = readLine(reader, `${dir}/uuid`) ?? "";
  return {
    name: readLine(reader, `${dir}/name`) ?? name,
    uuid,
    suspended: readLine(reader, `${dir}/suspended`) === "1",
    openCount: 0,
    deferredRemove: false,
    targets: guessTargets(uuid, sectors),
  };
}

/**
 * The prefixes of cryptsetup and multipath-tools, and the suffixes of LVM; the first match is used.
 */
const MAKERS: readonly { readonly uuid: RegExp; readonly type: string }[] = [
  { uuid: /^CRYPT-VERITY-/, type: "verity" },
  { uuid: /^CRYPT-INTEGRITY-/, type: "integrity" },
  { uuid: /^CRYPT-/, type: "crypt" },
  { uuid: /^mpath-/, type: "multipath" },
  { uuid: /^LVM-.*-tpool$/, type: "thin-pool" },
  { uuid: /^LVM-.*-vpool$/, type: "vdo" },
  { uuid: /^VDO-/, type: "vdo" },
];

function guessTargets(uuid: string, sectors: number): readonly DmTarget[] {
  const type = MAKERS.find((maker) => maker.uuid.test(uuid))?.type;
  return type === undefined ? [] : [{ start: 0, length: sectors, type }];
}
