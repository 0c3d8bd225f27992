import type { Reader } from "../port/reader.ts";
import { attempt } from "../port/sys-error.ts";
import type { MultiDevice } from "../teardown/snapshot/base.ts";

// …/block/vdc/vdc1
const bcachefsLink = { entry: /^dev-[0-9]+$/, inside: "/block", index: -1 };
// …/block/sdc/bcache
const bcacheLink = { entry: /^cache[0-9]+$/, inside: "", index: -2 };

/** /sys/fs/btrfs/UUID/devices: every device that a mounted btrfs has open. */
export function observeBtrfs(reader: Reader): { readonly btrfs?: readonly MultiDevice[] } {
  const found = listUuids("/sys/fs/btrfs", reader)?.map((uuid) => ({
    uuid,
    devices: toNames(attempt(() => reader.readDir(`/sys/fs/btrfs/${uuid}/devices`)) ?? []),
  }));
  return found === undefined ? {} : { btrfs: found };
}

/** /sys/fs/bcachefs/UUID: a mounted bcachefs, with a link "dev-N/block" for each of its devices. */
export function observeBcachefs(reader: Reader): { readonly bcachefs?: readonly MultiDevice[] } {
  const found = listUuids("/sys/fs/bcachefs", reader)?.map((uuid) => ({
    uuid,
    devices: listLinked(`/sys/fs/bcachefs/${uuid}`, bcachefsLink, reader),
  }));
  return found === undefined ? {} : { bcachefs: found };
}

/** /sys/fs/bcache/UUID: a cache set, with a link "cacheN" for each of its cache devices. */
export function observeBcacheSets(reader: Reader): {
  readonly bcacheSets?: readonly MultiDevice[];
} {
  const found = listUuids("/sys/fs/bcache", reader)?.map((uuid) => ({
    uuid,
    devices: listLinked(`/sys/fs/bcache/${uuid}`, bcacheLink, reader),
  }));
  return found === undefined ? {} : { bcacheSets: found };
}

/** Undefined where the module is not loaded. What has no dash is no UUID: "features", "register". */
function listUuids(dir: string, reader: Reader): readonly string[] | undefined {
  const names = attempt(() => reader.readDir(dir));
  return names?.filter((name) => name.includes("-"));
}

/**
 * Where links of a directory lead to: the part at `index` of each, a kernel name. They are the
 * entries that `entry` takes, or lie in those, at `inside`.
 */
function listLinked(
  dir: string,
  {
    entry,
    inside,
    index,
  }: { readonly entry: RegExp; readonly inside: string; readonly index: number },
  reader: Reader,
): readonly string[] {
  const entries = (attempt(() => reader.readDir(dir)) ?? []).filter((name) => entry.test(name));
  return toNames(
    entries.flatMap((name) => {
      const target = attempt(() => reader.readLink(`${dir}/${name}${inside}`));
      return target?.split("/").at(index) ?? [];
    }),
  );
}

function toNames(entries: readonly string[]): readonly string[] {
  return entries.map((entry) => entry.replaceAll("!", "/")).sort();
}
