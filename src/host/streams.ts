import {
  lstat,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
  read,
  readFileBytes,
  readlink,
  S_IFBLK,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  stat,
  writeAll,
} from "exitrd:sys";
import type { InputReader, NewMode, OutputWriter, PlainReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import { directoryOf, hostFiles } from "./files.ts";
import { nameErrors } from "./name-error.ts";
import { withOpen } from "./with-open.ts";

const STDIN = 0;
const STDOUT = 1;
/** A read from these returns at most 64 KiB. */
const PART = 65_536;

/**
 * All names of standard output. It is not opened by name: that fails for a socket, and would
 * truncate a file.
 */
const outputNames: readonly string[] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/** The `InputReader`, `PlainReader` and `OutputWriter` ports. */
export const hostStreams: InputReader & PlainReader & OutputWriter = {
  readInput,
  readPlain,
  writeOutput,
};

function writeOutput(path: string, data: Uint8Array, mode: NewMode): void {
  if (outputNames.includes(path)) nameErrors(path, () => writeAll(STDOUT, data));
  else if (isStream(path) && (mode !== "everybody" || isOurs(path))) {
    nameErrors(path, () => withOpen(path, O_WRONLY, (fd) => writeAll(fd, data)));
  } else hostFiles.replaceFile(path, data, mode);
}

function readInput(path: string, max: number): Uint8Array {
  if (path === "-") return nameErrors(path, () => readToEnd(STDIN, path, max));
  if (!isStream(path)) return readFileBytes(path, max);
  return nameErrors(path, () => withOpen(path, O_RDONLY, (fd) => readToEnd(fd, path, max)));
}

/** The descriptor keeps what was examined: a user may replace the file, or a link on its path. */
function readPlain(path: string, max: number, except: RegExp): Uint8Array | undefined {
  return withOpen(path, O_PATH, (fd) => {
    const opened = `/proc/self/fd/${fd}`;
    if ((stat(opened).mode & S_IFMT) !== S_IFREG || except.test(readlink(opened))) return undefined;
    return readFileBytes(opened, max);
  });
}

/** Not for a disk: an image must not be written over its beginning. */
function isStream(path: string): boolean {
  const status = attempt(() => stat(path));
  const type = status === undefined ? S_IFREG : status.mode & S_IFMT;
  return ![S_IFREG, S_IFDIR, S_IFBLK].includes(type);
}

/**
 * Whether only the caller and root can have put it there: another user's link may lead to a watchdog,
 * which opening starts, and the reader of a pipe may never come.
 */
function isOurs(path: string): boolean {
  const caller = attempt(() => stat("/proc/self").uid);
  return [lstat(path), stat(directoryOf(path))].every(({ uid }) => uid === 0 || uid === caller);
}

function readToEnd(fd: number, path: string, max: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let part = read(fd, PART); part.length > 0; part = read(fd, PART)) {
    length += part.length;
    if (length > max) throw makeTooLarge(path);
    parts.push(part);
  }
  const data = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return data;
}

/** The same error as that of `readFileBytes`. */
function makeTooLarge(path: string): Error {
  const words = "File too large";
  const fields = { name: "SysError", syscall: "read", errno: 27, code: "EFBIG", words, path };
  return Object.assign(new Error(`read '${path}': ${words}`), fields);
}
