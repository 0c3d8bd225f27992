import { toByteString } from "../text/bytes.ts";
import { fileType, headerSize, pad4, trailerName, typeMask } from "./cpio-entry.ts";

/** Finds plain files in one archive that comes in parts of any size. */
export interface NewcFinder {
  /** Returns how much of `part` belongs to the archive: less than all of it at its end. */
  push(part: Uint8Array): number;
  state(): "open" | "ended" | "damaged";
}

// Documentation/driver-api/early-userspace/buffer-format.rst: crc archives, too.
const magics = ["070701", "070702"];
const [modeField, fileSizeField, nameSizeField] = [1, 6, 11];
const linkType = 0o120000;
/** PATH_MAX */
const longestName = 4096;
const largestFile = 64 * 1024 * 1024;

interface Member {
  readonly mode: number;
  readonly fileSize: number;
  readonly nameSize: number;
}

/** By whole paths. */
export interface Found {
  /** The contents of plain files. */
  readonly files: Map<string, Uint8Array>;
  /** Symbolic links, wherever they lead. */
  readonly links: Set<string>;
}

/**
 * Puts wanted files and links into `found`; of a path that comes twice the last one counts, as
 * for the kernel. Lenient unlike `readCpio`: others write initrds.
 */
export function makeNewcFinder(isWanted: (path: string) => boolean, found: Found): NewcFinder {
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
    const member = parseHeader(toByteString(bytes));
    if (member === undefined) state = "damaged";
    else expect(member.nameSize + pad4(headerSize + member.nameSize), readName(member));
  }

  function readName(member: Member) {
    return (bytes: Uint8Array): void => {
      const name = toByteString(bytes.subarray(0, member.nameSize - 1));
      expect(headerSize, readHeader);
      if (name === trailerName) {
        state = "ended";
        return;
      }
      const { fileSize } = member;
      const padded = fileSize + pad4(fileSize);
      const path = `/${name.replace(/^\.?\/+/, "")}`;
      const type = member.mode & typeMask;
      if (type === linkType && isWanted(path)) found.links.add(path);
      if (type !== fileType || !isWanted(path) || fileSize > largestFile) skip = padded;
      else if (padded === 0) found.files.set(path, bytes.subarray(0, 0));
      else expect(padded, keep(path, fileSize));
    };
  }

  function keep(path: string, size: number) {
    return (bytes: Uint8Array): void => {
      found.files.set(path, bytes.subarray(0, size));
      expect(headerSize, readHeader);
    };
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

function parseHeader(text: string): Member | undefined {
  if (!magics.includes(text.slice(0, 6))) return undefined;
  const read = (field: number) => {
    const digits = text.slice(6 + 8 * field, 14 + 8 * field);
    return /^[0-9A-Fa-f]{8}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
  };
  const member = {
    mode: read(modeField),
    fileSize: read(fileSizeField),
    nameSize: read(nameSizeField),
  };
  const isSane = member.nameSize > 0 && member.nameSize <= longestName;
  return isSane && !Number.isNaN(member.mode + member.fileSize) ? member : undefined;
}
