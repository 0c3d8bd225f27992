import { equalBytes, toByteString } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { readU64 } from "../text/struct-bytes.ts";
import { isSafePath, isSafeTarget } from "./check-path.ts";
import {
  type CpioEntry,
  directoryType,
  fileType,
  linkMode,
  linkType,
  typeMask,
} from "./cpio-entry.ts";
import {
  blockSize,
  direntSize,
  inodeSize,
  magic,
  rootNumber,
  superblockAt,
  superblockSize,
} from "./erofs-layout.ts";
import type { ArchiveProblem } from "./problem.ts";
import { writeErofs } from "./write-erofs.ts";

const mostEntries = 65_536;

interface Inode {
  readonly mode: number;
  readonly data: Uint8Array;
}

/**
 * Reads a file system, and rejects everything that `writeErofs` cannot have written: the entries
 * found are written again and compared byte by byte, so that the kernel cannot see a different
 * tree. Contents are views into `bytes`; entries are in the order of the inodes.
 */
export function readErofs(bytes: Uint8Array): Checked<readonly CpioEntry[], ArchiveProblem> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hasSuperblock =
    bytes.length >= superblockAt + superblockSize && view.getUint32(superblockAt, true) === magic;
  if (!hasSuperblock) return refuse({ kind: "bad-magic", at: superblockAt });
  const found: { readonly number: number; readonly entry: CpioEntry }[] = [];
  const open = [{ path: "", number: rootNumber }];
  // Many names for the same blocks could exceed any amount of memory.
  let room = bytes.length;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { path, number } = next;
    const inode = readInode(view, bytes, number);
    if (inode === undefined) return refuse({ kind: "truncated", at: number * inodeSize });
    const { mode, data } = inode;
    room -= data.length;
    if (room < 0) return refuse({ kind: "not-ours" });
    if (path !== "") {
      if (found.length === mostEntries) {
        return refuse({ kind: "too-many-entries", limit: mostEntries });
      }
      if (!isSafePath(path)) return refuse({ kind: "unsafe-path", path });
      const entry = makeEntry(path, mode, data);
      if (entry === undefined) return refuse({ kind: "bad-type", path, mode });
      if (entry.kind === "link" && !isSafeTarget(path, entry.target)) {
        return refuse({ kind: "unsafe-link", path });
      }
      found.push({ number, entry });
    }
    if ((mode & typeMask) !== directoryType) continue;
    // In a cycle the paths get longer and longer, and are rejected soon.
    for (const child of readDirectory(data)) {
      open.push({ path: path === "" ? child.name : `${path}/${child.name}`, number: child.number });
    }
  }
  const entries = found.sort((a, b) => a.number - b.number).map(({ entry }) => entry);
  const uuid = bytes.subarray(superblockAt + 48, superblockAt + 64);
  return equalBytes(writeErofs(entries, uuid), bytes)
    ? accept(entries)
    : refuse({ kind: "not-ours" });
}

/** Undefined for another type, or a link with permissions. */
function makeEntry(path: string, inodeMode: number, data: Uint8Array): CpioEntry | undefined {
  const mode = inodeMode & ~typeMask;
  switch (inodeMode & typeMask) {
    case directoryType:
      return { kind: "directory", path, mode };
    case fileType:
      return { kind: "file", path, mode, data };
    case linkType:
      return mode === linkMode
        ? { kind: "link", path, mode, target: toByteString(data) }
        : undefined;
    default:
      return undefined;
  }
}

function readInode(view: DataView, bytes: Uint8Array, number: number): Inode | undefined {
  const at = number * inodeSize;
  if (at + inodeSize > bytes.length) return undefined;
  const size = view.getUint32(at + 8, true);
  const start = view.getUint32(at + 16, true) * blockSize;
  if (start + size > bytes.length) return undefined;
  return { mode: view.getUint16(at + 4, true), data: bytes.subarray(start, start + size) };
}

interface Child {
  readonly name: string;
  readonly number: number;
}

/** Without "." and "..". Names out of bounds are skipped; the comparison notices that. */
function readDirectory(data: Uint8Array): readonly Child[] {
  const children: Child[] = [];
  for (let start = 0; start < data.length; start += blockSize) {
    const block = data.subarray(start, start + blockSize);
    if (block.length < direntSize) break;
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    const count = Math.floor(view.getUint16(8, true) / direntSize);
    for (let i = 0; i < count && (i + 1) * direntSize <= block.length; i++) {
      const at = i * direntSize;
      const isLast = i + 1 === count || at + 2 * direntSize > block.length;
      const end = isLast ? block.length : view.getUint16(at + direntSize + 8, true);
      const text = toByteString(block.subarray(view.getUint16(at + 8, true), end));
      const name = text.split("\0")[0] ?? "";
      if (name !== "." && name !== "..") children.push({ name, number: readU64(view, at) });
    }
  }
  return children;
}
