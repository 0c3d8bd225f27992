import type { MultiDevice } from "../core/snapshot.ts";
import type { Reader } from "../port/reader.ts";
import { attempt } from "../port/sys-error.ts";

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
    devices: listMembers(`/sys/fs/bcachefs/${uuid}`, reader),
  }));
  return found === undefined ? {} : { bcachefs: found };
}

/** /sys/fs/bcache/UUID: a cache set, with a link "cacheN" for each of its cache devices. */
export function observeBcacheSets(reader: Reader): {
  readonly bcacheSets?: readonly MultiDevice[];
} {
  const found = listUuids("/sys/fs/bcache", reader)?.map((uuid) => ({
    uuid,
    devices: listCacheDevices(`/sys/fs/bcache/${uuid}`, reader),
  }));
  return found === undefined ? {} : { bcacheSets: found };
}

/** Undefined where the module is not loaded. What has no dash is no UUID: "features", "register". */
function listUuids(dir: string, reader: Reader): readonly string[] | undefined {
  const names = attempt(() => reader.readDir(dir));
  return names?.filter((name) => name.includes("-"));
}

function listCacheDevices(dir: string, reader: Reader): readonly string[] {
  const links = (attempt(() => reader.readDir(dir)) ?? []).filter((name) =>
    /^cache[0-9]+$/.test(name),
  );
  // A link to …/block/sdc/bcache.
  return toNames(
    links.flatMap((link) => {
      const target = attempt(() => reader.readLink(`${dir}/${link}`));
      return target?.split("/").at(-2) ?? [];
    }),
  );
}

function listMembers(dir: string, reader: Reader): readonly string[] {
  const members = (attempt(() => reader.readDir(dir)) ?? []).filter((name) =>
    /^dev-[0-9]+$/.test(name),
  );
  return toNames(
    members.flatMap((member) => {
      const target = attempt(() => reader.readLink(`${dir}/${member}/block`));
      return target?.split("/").at(-1) ?? [];
    }),
  );
}

function toNames(entries: readonly string[]): readonly string[] {
  return entries.map((entry) => entry.replaceAll("!", "/")).sort();
}
