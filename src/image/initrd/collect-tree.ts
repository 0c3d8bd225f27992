import { toByteString } from "../../text/bytes.ts";
import { accept, type Checked, refuse } from "../../text/checked.ts";
import { isSafePath, isSafeTarget, parentOf } from "../check-path.ts";
import {
  type CpioEntry,
  directoryType,
  fileType,
  linkMode,
  linkType,
  typeMask,
} from "../cpio-entry.ts";
import { chooseMode } from "../entry-mode.ts";
import { resolvePath } from "../find-entry.ts";
import { makeTarget } from "../relative-path.ts";
import type { InitrdProblem } from "./initrd-problem.ts";
import { isLeftOut } from "./left-out.ts";
import type { Member } from "./newc-reader.ts";
import { readArchives, type Unpackers } from "./read-archives.ts";
import { findSecrets, type InitrdNames } from "./secrets.ts";

/** The part of an initrd that can become part of an image. */
export interface InitrdTree {
  /** Sorted by path. Links stay in the tree and lead somewhere. */
  readonly entries: readonly CpioEntry[];
  /** Paths of files that were left out, since each may contain a secret; sorted. */
  readonly secrets: readonly string[];
  /** How many files were left out because they are of no use at shutdown. */
  readonly leftOut: number;
}

const executable = 0o111;
/** PATH_MAX: the kernel skips links with a longer target. */
const longestTarget = 4096;
/** Far more than an image may have, or an initrd has apart from modules and firmware. */
const largestContents = 256 * 1024 * 1024;
/** The mount points that have the same contents at shutdown as in an initrd. */
const laterPlaces = ["dev", "proc", "run", "sys"];

/** What the names of one file share. */
interface Inode {
  mode: number;
  data: Uint8Array;
}

type Node =
  | { readonly kind: "directory" }
  | { readonly kind: "file"; readonly inode: Inode }
  | { readonly kind: "link"; readonly target: string };

/** What the kernel would unpack, except for what is left out. Paths have no leading slash. */
type Nodes = ReadonlyMap<string, Node>;

interface Unpacked {
  readonly nodes: Map<string, Node>;
  leftOut: number;
  /** Space left for contents, in bytes; negative if some were not read. */
  room: number;
}

/** Reads a whole initrd. `commandLine` is the kernel's, and may name key files. */
export function collectTree(
  initrd: Uint8Array,
  commandLine: string,
  unpackers: Unpackers,
): Checked<InitrdTree, InitrdProblem> {
  const unpacked: Unpacked = { nodes: new Map(), leftOut: 0, room: largestContents };
  const read = readArchives(initrd, makeVisitor(unpacked), unpackers);
  if (!read.ok) return read;
  const { nodes, leftOut, room } = unpacked;
  if (room < 0) return refuse({ kind: "too-large", limit: largestContents });
  const files = new Map(listFiles(nodes));
  const [squashed] = [...files].find(([, { data }]) => isFileSystem(data)) ?? [];
  if (squashed !== undefined) return refuse({ kind: "squashed", path: squashed });
  // Under all their names.
  const found = findSecrets({ files, ...nameLinks(nodes) }, commandLine);
  const inodes = new Set(found.map((path) => files.get(path)));
  const secrets = [...files].filter(([, inode]) => inodes.has(inode)).map(([path]) => path);
  for (const path of secrets) nodes.delete(path.slice(1));
  return accept({ entries: listEntries(nodes), secrets: secrets.sort(), leftOut });
}

/**
 * Whether a file is a squashfs or EROFS (linux/magic.h), into which dracut's modules "squash…" put
 * all files, with their keys.
 */
function isFileSystem(data: Uint8Array): boolean {
  if (toByteString(data.subarray(0, 4)) === "hsqs") return true;
  return toByteString(data.subarray(1024, 1028)) === "\xe2\xe1\xf5\xe0";
}

function nameLinks(nodes: Nodes): Omit<InitrdNames, "files"> {
  return {
    links: [...nodes].flatMap(([path, { kind }]) => (kind === "link" ? [`/${path}`] : [])),
    resolve: (path) => {
      const end = resolvePath((at) => targetOf(nodes.get(at)), path);
      return end === undefined ? undefined : `/${end}`;
    },
  };
}

function listFiles(nodes: Nodes): readonly (readonly [string, Inode])[] {
  return [...nodes].flatMap(([path, node]) =>
    node.kind === "file" ? [[`/${path}`, node.inode] as const] : [],
  );
}

function makeVisitor(unpacked: Unpacked) {
  const { nodes } = unpacked;
  // Only of the current archive, as in the kernel (init/initramfs.c).
  const inodes = new Map<string, Inode>();
  return {
    wants: ({ path, mode, size }: Member) => {
      const type = mode & typeMask;
      if (type === linkType) return size <= longestTarget;
      if (type !== fileType || isLeftOut(path)) return false;
      unpacked.room -= size;
      return unpacked.room >= 0;
    },
    visit: (member: Member, data: Uint8Array | undefined) => {
      const path = findPlace(nodes, member.path);
      if (isLeftOut(member.path) || (path !== undefined && isLeftOut(`/${path}`))) {
        if ((member.mode & typeMask) === fileType) unpacked.leftOut += 1;
        return;
      }
      if (path !== undefined) addNode(nodes, inodes, path, member, data);
    },
    endArchive: () => inodes.clear(),
  };
}

/** Where the kernel would create it, following existing links. Undefined for an unsafe path. */
function findPlace(nodes: Nodes, path: string): string | undefined {
  if (!isSafePath(path.slice(1))) return undefined;
  const directory = resolvePath((at) => targetOf(nodes.get(at)), parentOf(path.slice(1)));
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (directory === undefined) return undefined;
  return directory === "" ? name : `${directory}/${name}`;
}

function targetOf(node: Node | undefined): string | undefined {
  return node?.kind === "link" ? node.target : undefined;
}

function addNode(
  nodes: Map<string, Node>,
  inodes: Map<string, Inode>,
  path: string,
  { mode, inode: key }: Member,
  data: Uint8Array | undefined,
): void {
  const type = mode & typeMask;
  // The kernel replaces a file with a directory, but a directory only if it is empty.
  const isKept = type !== directoryType && nodes.get(path)?.kind === "directory";
  if (isKept || !addParents(nodes, path)) return;
  switch (type) {
    case directoryType:
      nodes.set(path, { kind: "directory" });
      return;
    case linkType:
      if (data === undefined) return;
      nodes.set(path, { kind: "link", target: toByteString(data) });
      return;
    case fileType: {
      const known = key === undefined ? undefined : inodes.get(key);
      const inode = known ?? { mode: mode & ~typeMask, data: new Uint8Array() };
      // Archives have the contents with the last name, or with the first.
      if (data !== undefined && data.length > 0) inode.data = data;
      if (key !== undefined) inodes.set(key, inode);
      nodes.set(path, { kind: "file", inode });
    }
  }
}

/** Adds parents, for which some initrds have no entries. False if a file is in the way. */
function addParents(nodes: Map<string, Node>, path: string): boolean {
  for (let at = parentOf(path); at !== ""; at = parentOf(at)) {
    const node = nodes.get(at);
    if (node !== undefined) return node.kind === "directory";
    nodes.set(at, { kind: "directory" });
  }
  return true;
}

function listEntries(nodes: Nodes): readonly CpioEntry[] {
  const firsts = new Map<Inode, string>();
  const entries = [...nodes].flatMap(([path, node]): readonly CpioEntry[] => {
    if (node.kind === "directory") return [makeDirectory(path)];
    if (node.kind === "link") {
      const target = findTarget(path, node.target, nodes);
      return target === undefined ? [] : [makeLink(path, target)];
    }
    const { inode } = node;
    const first = firsts.get(inode);
    if (first !== undefined) return [makeLink(path, makeTarget(parentOf(path), first))];
    firsts.set(inode, path);
    const mode = chooseMode(inode.mode, (inode.mode & executable) !== 0);
    return [{ kind: "file", path, mode, data: inode.data }];
  });
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A safe target for a link; undefined for a link that leads nowhere. */
function findTarget(path: string, target: string, nodes: Nodes): string | undefined {
  const start = target.startsWith("/") ? target : `${parentOf(path)}/${target}`;
  const end = resolvePath((at) => targetOf(nodes.get(at)), start);
  if (end === undefined || end === "") return undefined;
  const isLater = laterPlaces.includes(end.split("/")[0] ?? "");
  if (!isLater && !nodes.has(end)) return undefined;
  const safe = [target, makeTarget(parentOf(path), end)];
  return safe.find((one) => isSafeTarget(path, one));
}

function makeDirectory(path: string): CpioEntry {
  return { kind: "directory", path, mode: 0o755 };
}

function makeLink(path: string, target: string): CpioEntry {
  return { kind: "link", path, mode: linkMode, target };
}
