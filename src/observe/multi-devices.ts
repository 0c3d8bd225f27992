import { listOrNone } from "../port/best-effort.ts";
import { attempt } from "../port/sys-error.ts";
import type { Reader } from "../port/teardown.ts";
import type { MultiDevice } from "../teardown/snapshot/base.ts";

/** Which links of a directory point to devices, and which part of the target is the kernel name. */
export interface DeviceLinks {
  /** The entries to be used. */
  readonly entry: RegExp;
  /** The path of the link in such an entry, "" for the entry itself. */
  readonly inside: string;
  /** The part of the link's target, from its end. */
  readonly index: number;
}

/** The subdirectories of `dir` named by UUID, sorted; undefined if the module is not loaded. */
export function listByUuid(
  dir: string,
  listDevices: (uuid: string) => readonly string[],
  reader: Reader,
): readonly MultiDevice[] | undefined {
  const names = attempt(() => reader.readDir(dir));
  // Names without a dash are not UUIDs: "features", "register".
  const uuids = names?.filter((name) => name.includes("-"));
  return uuids?.map((uuid) => ({ uuid, devices: toNames(listDevices(`${dir}/${uuid}`)) }));
}

/** The kernel names that the links of a directory point to. */
export function listLinked(
  dir: string,
  { entry, inside, index }: DeviceLinks,
  reader: Reader,
): readonly string[] {
  const entries = listOrNone(dir, reader).filter((name) => entry.test(name));
  return entries.flatMap((name) => {
    const target = attempt(() => reader.readLink(`${dir}/${name}${inside}`));
    return target?.split("/").at(index) ?? [];
  });
}

function toNames(entries: readonly string[]): readonly string[] {
  return entries.map((entry) => entry.replaceAll("!", "/")).sort();
}
