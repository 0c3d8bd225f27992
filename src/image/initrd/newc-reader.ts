import { toByteString } from "../../text/bytes.ts";
import { headerSize, pad4, trailerName } from "../cpio-entry.ts";

/** One entry of an archive; `mode` with the type bits of inode(7). */
export interface Member {
  /** From the top of the initrd: "/usr/bin/sh". */
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  /** Equal for all names of one file; undefined for a file with only one name. */
  readonly inode: string | undefined;
}

/** Receives the entries of archives. */
export interface MemberVisitor {
  /** Whether to read its contents; those of a link are its target. */
  wants(member: Member): boolean;
  /** `data` is undefined if the contents were not wanted. */
  visit(member: Member, data: Uint8Array | undefined): void;
  /** An archive has ended. Inode numbers are unique only within one archive. */
  endArchive(): void;
}

/** Reads one archive that is passed in parts of any size. */
export interface NewcReader {
  /** Returns how many bytes of `part` belong to the archive: fewer than all at its end. */
  push(part: Uint8Array): number;
  state(): "open" | "ended" | "damaged";
}

// Documentation/driver-api/early-userspace/buffer-format.rst; the second is for archives with
// checksums.
const magics = ["070701", "070702"];
const [inoField, modeField, linksField, sizeField] = [0, 1, 4, 6];
const [majorField, minorField, nameSizeField] = [7, 8, 11];
/** PATH_MAX */
const longestName = 4096;

interface Header extends Omit<Member, "path"> {
  readonly nameSize: number;
}

/** Unlike `readCpio` it is lenient, because other programs write initrds. */
export function makeNewcReader(visitor: MemberVisitor): NewcReader {
  let state: "open" | "ended" | "damaged" = "open";
  let skip = 0;
  let buffer = new Uint8Array(headerSize);
  let filled = 0;
  let next: (bytes: Uint8Array) => void = readHeader;

  function expect(size: number, use: (bytes: Uint8Array) => void): void {
    buffer = new Uint8Array(size);
    filled = 0;
    next = use;
  }

  function readHeader(bytes: Uint8Array): void {
    const header = parseHeader(toByteString(bytes));
    if (header === undefined) state = "damaged";
    else expect(header.nameSize + pad4(headerSize + header.nameSize), readName(header));
  }

  function readName({ nameSize, ...member }: Header) {
    return (bytes: Uint8Array): void => {
      const name = decodeName(bytes.subarray(0, nameSize - 1));
      expect(headerSize, readHeader);
      if (name === trailerName) {
        state = "ended";
        visitor.endArchive();
        return;
      }
      takeMember({ ...member, path: `/${name.replace(/^\.?\/+/, "")}` });
    };
  }

  function takeMember(member: Member): void {
    const { size } = member;
    const padded = size + pad4(size);
    if (!visitor.wants(member)) {
      visitor.visit(member, undefined);
      skip = padded;
    } else if (size === 0) visitor.visit(member, new Uint8Array());
    else {
      expect(padded, (data) => {
        expect(headerSize, readHeader);
        visitor.visit(member, data.subarray(0, size));
      });
    }
  }

  function push(part: Uint8Array): number {
    let at = 0;
    while (at < part.length && state === "open") {
      const wanted = skip > 0 ? skip : buffer.length - filled;
      const size = Math.min(wanted, part.length - at);
      if (skip > 0) skip -= size;
      else {
        buffer.set(part.subarray(at, at + size), filled);
        filled += size;
        if (filled === buffer.length) next(buffer);
      }
      at += size;
    }
    return at;
  }

  return { push, state: () => state };
}

/** Skips the padding between archives and after the last one. */
export function findNonZero(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 0) at += 1;
  return at;
}

/** dracut-cpio pads names with zeros to align the data of a file to a block. */
function decodeName(bytes: Uint8Array): string {
  return toByteString(bytes).split("\0")[0] ?? "";
}

function parseHeader(text: string): Header | undefined {
  if (!magics.includes(text.slice(0, 6))) return undefined;
  const read = (field: number) => {
    const digits = text.slice(6 + 8 * field, 14 + 8 * field);
    return /^[0-9A-Fa-f]{8}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
  };
  const [mode, size, nameSize] = [read(modeField), read(sizeField), read(nameSizeField)];
  const isSane = nameSize > 0 && nameSize <= longestName;
  if (!isSane || Number.isNaN(mode + size)) return undefined;
  const key = `${read(majorField)}:${read(minorField)}:${read(inoField)}`;
  return { mode, size, nameSize, inode: read(linksField) > 1 ? key : undefined };
}
