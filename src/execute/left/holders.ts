import { parseMountinfo } from "../../kinds/mount/mountinfo.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import type { Holder } from "../../teardown/plan/outcome.ts";
import { splitWords } from "../../text/words.ts";
import {
  isOwnChild,
  type ProcessPorts,
  readOwnChildren,
  readStat,
} from "../processes/own-child.ts";

// A fork bomb on the busy file system must not fill the console.
const MAX_HOLDERS = 8;
// Characters: 100,000 mounts.
const MAX_TABLES = 2 ** 24;

/** A busy object: a block device or a superblock, and optionally one mount of it. */
export interface Busy {
  /** "major:minor". */
  readonly dev: string;
  readonly mountId?: number;
}

/**
 * Lists the processes that keep something busy, as far as /proc shows them. May block: only a child
 * may call it.
 */
export function findHolders(busy: Busy, ports: ProcessPorts): readonly Holder[] {
  const { reader } = ports;
  const search = searchNamespaces(busy, reader);
  const holders = listHolders(ports, (entry) => findReason(entry, busy, search, reader));
  // Only if no other holder was found: this blocks while a process holds the lock of its memory
  // map.
  return holders.length > 0
    ? holders
    : listHolders(ports, (entry) => findMapping(`/proc/${entry}`, busy.dev, reader));
}

function listHolders(
  ports: ProcessPorts,
  find: (entry: string) => Reason | undefined,
): readonly Holder[] {
  const { reader } = ports;
  const own = readOwnChildren(ports);
  const holders: Holder[] = [];
  for (const entry of attempt(() => reader.readDir("/proc")) ?? []) {
    if (!/^[0-9]+$/.test(entry) || entry === "1") continue;
    const by = find(entry);
    if (by === undefined) continue;
    const stat = readStat(entry, reader);
    // An abandoned child of ours is not a holder: it waits for the object, too.
    if (stat !== undefined && isOwnChild(stat, own)) continue;
    holders.push({ pid: Number(entry), command: stat?.command ?? "?", ...by });
    if (holders.length === MAX_HOLDERS) break;
  }
  return holders;
}

type Reason = Pick<Holder, "by" | "path">;

function findReason(
  entry: string,
  busy: Busy,
  search: NamespaceSearch,
  reader: Reader,
): Reason | undefined {
  const dir = `/proc/${entry}`;
  for (const by of ["cwd", "root", "exe"] as const) {
    if (isOn(`${dir}/${by}`, busy, reader)) return { by, path: readTarget(`${dir}/${by}`, reader) };
  }
  for (const fd of attempt(() => reader.readDir(`${dir}/fd`)) ?? []) {
    const link = `${dir}/fd/${fd}`;
    if (isOn(link, busy, reader)) return { by: "fd", path: readTarget(link, reader) };
  }
  return search(dir);
}

/**
 * Whether a link leads to the file system or block device with this number. Files on btrfs and
 * overlays have numbers that mountinfo does not show; only the mount ID identifies them.
 */
function isOn(link: string, { dev, mountId }: Busy, reader: Reader): boolean {
  const status = attempt(() => reader.stat(link));
  if (status === undefined) return false;
  if (status.dev === dev || (status.isBlock && status.rdev === dev)) return true;
  return status.mountId !== 0 && status.mountId === mountId;
}

function readTarget(link: string, reader: Reader): string {
  return attempt(() => reader.readLink(link)) ?? "";
}

/** proc_pid_maps(5): the fourth column is the device in hexadecimal, the sixth the path. */
function findMapping(dir: string, dev: string, reader: Reader): Reason | undefined {
  const [major, minor] = dev.split(":").map((part) => Number(part).toString(16).padStart(2, "0"));
  const text = attempt(() => reader.readText(`${dir}/maps`)) ?? "";
  for (const line of text.split("\n")) {
    const columns = splitWords(line);
    if (columns[3] === `${major}:${minor}`) return { by: "mmap", path: columns.slice(5).join(" ") };
  }
  return undefined;
}

/** Finds the mount of a busy object in another mount namespace. */
type NamespaceSearch = (dir: string) => Reason | undefined;

/** A user can fill the tables of his own namespaces, so a limited amount of text is read. */
function searchNamespaces({ dev }: Busy, reader: Reader): NamespaceSearch {
  const own = attempt(() => reader.readLink("/proc/self/ns/mnt"));
  let left = MAX_TABLES;
  return (dir) => {
    const namespace = attempt(() => reader.readLink(`${dir}/ns/mnt`));
    if (namespace === undefined || namespace === own || left <= 0) return undefined;
    const text = attempt(() => reader.readText(`${dir}/mountinfo`)) ?? "";
    left -= text.length;
    const lines = text.split("\n").filter((line) => line.includes(` ${dev} `));
    const mount = parseMountinfo(lines.join("\n")).find((candidate) => candidate.dev === dev);
    return mount === undefined ? undefined : { by: "namespace", path: mount.target };
  };
}
