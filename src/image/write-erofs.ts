import { toBytes } from "../text/bytes.ts";
import { writeByteString, writeU64 } from "../text/struct-bytes.ts";
import { parentOf } from "./check-path.ts";
import { type CpioEntry, directoryType, fileType, linkType } from "./cpio-entry.ts";
import {
  blockBits,
  blockSize,
  direntSize,
  fileTypes,
  flatPlain,
  inodeSize,
  magic,
  rootNumber,
  superblockAt,
} from "./erofs-layout.ts";

interface Inode {
  readonly kind: CpioEntry["kind"];
  readonly number: number;
  readonly mode: number;
  readonly links: number;
  readonly data: Uint8Array;
}

/**
 * Writes `entries`, each after its directory, as a read-only file system that the kernel can mount.
 * All have the owner 0:0, no times, and the file system has the caller's UUID (16 bytes), so equal
 * entries give equal bytes, independent of any tool.
 */
export function writeErofs(
  entries: readonly CpioEntry[],
  uuid: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const inodes = makeInodes(entries);
  const firstData = rootNumber + inodes.length;
  let block = Math.ceil((firstData * inodeSize) / blockSize);
  const starts = inodes.map(({ data }) => {
    const start = block;
    block += Math.ceil(data.length / blockSize);
    return start;
  });
  const bytes = new Uint8Array(block * blockSize);
  const view = new DataView(bytes.buffer);
  inodes.forEach((inode, i) => {
    const start = starts[i] ?? 0;
    writeInode(view, inode, start);
    bytes.set(inode.data, start * blockSize);
  });
  writeSuperblock(view, inodes.length, block);
  bytes.set(uuid, superblockAt + 48);
  return bytes;
}

function makeInodes(entries: readonly CpioEntry[]): readonly Inode[] {
  const root: CpioEntry = { kind: "directory", path: "", mode: 0o755 };
  const all = [root, ...entries];
  const numbers = new Map(all.map(({ path }, i) => [path, rootNumber + i]));
  const children = new Map<string, CpioEntry[]>(
    all.flatMap(({ kind, path }) => (kind === "directory" ? [[path, []]] : [])),
  );
  for (const entry of entries) children.get(parentOf(entry.path))?.push(entry);
  return all.map((entry, i) => {
    const number = rootNumber + i;
    const { kind, path, mode } = entry;
    if (entry.kind !== "directory") {
      const data = entry.kind === "link" ? toBytes(entry.target) : entry.data;
      return { kind, number, mode, links: 1, data };
    }
    const below = children.get(path) ?? [];
    const names: Name[] = [
      { name: ".", number, type: fileTypes.directory },
      { name: "..", number: numbers.get(parentOf(path)) ?? number, type: fileTypes.directory },
      ...below.map((child) => ({
        name: child.path.slice(path === "" ? 0 : path.length + 1),
        number: numbers.get(child.path) ?? 0,
        type: fileTypes[child.kind],
      })),
    ];
    const links = 2 + below.filter((child) => child.kind === "directory").length;
    return { kind, number, mode, links, data: writeDirectory(names) };
  });
}

interface Name {
  readonly name: string;
  readonly number: number;
  readonly type: number;
}

/** Each block contains its entries, sorted by name, followed by their names. */
function writeDirectory(names: readonly Name[]): Uint8Array {
  const sorted = names.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const blocks: Name[][] = [];
  let room = 0;
  for (const entry of sorted) {
    const needed = direntSize + entry.name.length;
    if (needed > room) {
      blocks.push([]);
      room = blockSize;
    }
    blocks.at(-1)?.push(entry);
    room -= needed;
  }
  const bytes = new Uint8Array(blocks.length * blockSize - room);
  const view = new DataView(bytes.buffer);
  blocks.forEach((block, i) => {
    const start = i * blockSize;
    let nameAt = block.length * direntSize;
    block.forEach(({ name, number, type }, j) => {
      const at = start + j * direntSize;
      writeU64(view, at, number);
      view.setUint16(at + 8, nameAt, true);
      view.setUint8(at + 10, type);
      for (let k = 0; k < name.length; k++) bytes[start + nameAt + k] = name.charCodeAt(k);
      nameAt += name.length;
    });
  });
  return bytes;
}

const typesOf = { directory: directoryType, file: fileType, link: linkType } as const;

function writeInode(view: DataView, inode: Inode, startBlock: number): void {
  const at = inode.number * inodeSize;
  view.setUint16(at, flatPlain << 1, true);
  view.setUint16(at + 4, typesOf[inode.kind] | inode.mode, true);
  view.setUint16(at + 6, inode.links, true);
  view.setUint32(at + 8, inode.data.length, true);
  view.setUint32(at + 16, startBlock, true);
  view.setUint32(at + 20, inode.number, true);
}

function writeSuperblock(view: DataView, inodes: number, blocks: number): void {
  view.setUint32(superblockAt, magic, true);
  view.setUint8(superblockAt + 12, blockBits);
  view.setUint16(superblockAt + 14, rootNumber, true);
  writeU64(view, superblockAt + 16, inodes);
  view.setUint32(superblockAt + 36, blocks, true);
  writeByteString(view, superblockAt + 64, 16, "exitrd");
}
