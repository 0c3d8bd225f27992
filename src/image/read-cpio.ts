import { equalBytes, toByteString } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { isSafePath, isSafeTarget, parentOf } from "./check-path.ts";
import {
  blockSize,
  type CpioEntry,
  directoryType,
  fileType,
  headerSize,
  linkMode,
  linkType,
  pad4,
  trailerName,
  typeMask,
} from "./cpio-entry.ts";
import { type Header, readHeader } from "./cpio-header.ts";
import type { ArchiveProblem } from "./problem.ts";
import { trailer } from "./write-cpio.ts";

const mostEntries = 65_536;

interface Member {
  readonly header: Header;
  readonly path: string;
  readonly data: Uint8Array;
  /** The offset of the next entry. */
  readonly end: number;
}

/**
 * Reads an archive, and rejects everything that `writeCpio` cannot have written: an archive is
 * either ours or damaged, so there is no reason to be lenient. Contents are views into `archive`,
 * not copies.
 */
export function readCpio(archive: Uint8Array): Checked<readonly CpioEntry[], ArchiveProblem> {
  const entries: CpioEntry[] = [];
  const directories = new Set([""]);
  const seen = new Set<string>();
  let at = 0;
  for (;;) {
    const member = readMember(archive, at);
    if (!member.ok) return member;
    const { header, path, data, end } = member.value;
    if (path === trailerName) return finish(archive, at, end, entries);
    if (entries.length === mostEntries) {
      return refuse({ kind: "too-many-entries", limit: mostEntries });
    }
    const problem = checkMember(member.value, at, entries.length + 1, seen, directories);
    if (problem !== undefined) return refuse(problem);
    seen.add(path);
    const mode = header.mode & ~typeMask;
    const type = header.mode & typeMask;
    if (type === directoryType) {
      directories.add(path);
      entries.push({ kind: "directory", path, mode });
    } else if (type === linkType) {
      entries.push({ kind: "link", path, mode, target: toByteString(data) });
    } else {
      entries.push({ kind: "file", path, mode, data });
    }
    at = end;
  }
}

function readMember(archive: Uint8Array, at: number): Checked<Member, ArchiveProblem> {
  const header = readHeader(archive, at);
  if (!header.ok) return header;
  const { namesize, filesize } = header.value;
  const nameAt = at + headerSize;
  const dataAt = nameAt + namesize + pad4(headerSize + namesize);
  const end = dataAt + filesize + pad4(filesize);
  if (end > archive.length) return refuse({ kind: "truncated", at: archive.length });
  const name = toByteString(archive.subarray(nameAt, nameAt + namesize));
  // Exactly one NUL, at the end: all readers must see the same name.
  if (name.indexOf("\0") !== namesize - 1) return refuse({ kind: "bad-field", at, field: "name" });
  const isPadded =
    isZero(archive.subarray(nameAt + namesize, dataAt)) &&
    isZero(archive.subarray(dataAt + filesize, end));
  if (!isPadded) return refuse({ kind: "bad-field", at, field: "padding" });
  const data = archive.subarray(dataAt, dataAt + filesize);
  return accept({ header: header.value, path: name.slice(0, -1), data, end });
}

function checkMember(
  member: Member,
  at: number,
  ino: number,
  seen: ReadonlySet<string>,
  directories: ReadonlySet<string>,
): ArchiveProblem | undefined {
  const { header, path, data } = member;
  if (!isSafePath(path)) return { kind: "unsafe-path", path };
  if (seen.has(path)) return { kind: "duplicate", path };
  if (!directories.has(parentOf(path))) return { kind: "no-parent", path };
  const type = header.mode & typeMask;
  const isLink = type === linkType;
  const known = type === directoryType || type === fileType || isLink;
  // Nothing here needs set-user-id, set-group-id or the sticky bit.
  const mode = header.mode & ~typeMask;
  if (!known || mode > 0o777 || (isLink && mode !== linkMode)) {
    return { kind: "bad-type", path, mode: header.mode };
  }
  if (isLink && !isSafeTarget(path, toByteString(data))) return { kind: "unsafe-link", path };
  if (type === directoryType && header.filesize !== 0) {
    return { kind: "bad-field", at, field: "filesize" };
  }
  // A file with several links would share its contents with another entry.
  if (header.nlink !== (type === directoryType ? 2 : 1)) {
    return { kind: "bad-field", at, field: "nlink" };
  }
  return header.ino === ino ? undefined : { kind: "bad-field", at, field: "ino" };
}

function finish(
  archive: Uint8Array,
  at: number,
  end: number,
  entries: readonly CpioEntry[],
): Checked<readonly CpioEntry[], ArchiveProblem> {
  if (!equalBytes(archive.subarray(at, end), trailer)) {
    return refuse({ kind: "bad-field", at, field: "trailer" });
  }
  const rest = archive.subarray(end);
  if (archive.length % blockSize !== 0) return refuse({ kind: "truncated", at: archive.length });
  if (rest.length >= blockSize || !isZero(rest)) return refuse({ kind: "trailing", at: end });
  return accept(entries);
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
