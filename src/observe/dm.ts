import type { DmState, DmTarget } from "../kinds/dm/state.ts";
import type { Reader } from "../port/reader.ts";
import { readLine } from "./read-line.ts";

export function isDm(name: string): boolean {
  return name.startsWith("dm-");
}

/**
 * A device by the text of sysfs alone, which is there whatever its disks do. Its target is
 * guessed from its UUID, which says who made it.
 */
export function observeDmText(name: string, sectors: number, reader: Reader): DmState {
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

/** The prefixes of cryptsetup and multipath-tools, the suffixes of LVM; the first that fits. */
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
