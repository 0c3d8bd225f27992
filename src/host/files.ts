import {
  access,
  chmod,
  close,
  fsync,
  getpid,
  lstat,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
  open,
  readdir,
  readFile,
  readFileBytes,
  readlink,
  rename,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  stat,
  unlink,
  writeAll,
  X_OK,
} from "exitrd:sys";
import type { FileInfo, FileReader, FileWriter, NewFile, NewMode } from "../port/loader.ts";
import { attempt, trySys } from "../port/sys-error.ts";
import { nameErrors } from "./name-error.ts";
import { withOpen } from "./with-open.ts";

/** Nothing can have a name that is too long. */
const ABSENT = ["ENOENT", "ENOTDIR", "ENAMETOOLONG"];

/** The `FileReader` and `FileWriter` ports on the host's files. */
export const hostFiles: FileReader & FileWriter = {
  status,
  readBytes: (path, max) => {
    refusePipe(path);
    return readFileBytes(path, max);
  },
  readText: (path, max) => {
    refusePipe(path);
    return readFile(path, max);
  },
  realPath,
  readDir: (path) => readdir(path).sort(),
  readLink: (path) => readlink(path),
  isExecutable: (path) => trySys(() => access(path, X_OK)).ok,
  replaceFile,
  replaceFiles,
  removeFile: (path) => unlink(path),
};

function status(path: string): FileInfo | undefined {
  return attempt(() => {
    const { mode, size, dev } = lstat(path);
    return { kind: kindOf(mode & S_IFMT), mode: mode & 0o7777, size, dev };
  }, ABSENT);
}

/**
 * A pipe would be read without waiting for its writer, so it would look like an empty file, which
 * means that something is not configured, or not revoked.
 */
function refusePipe(path: string): void {
  const type = attempt(() => stat(path).mode & S_IFMT);
  if (type === S_IFIFO) throw makeSpecial("open", 22, "EINVAL", path);
}

/** The errors of system calls for these files do not say what is wrong. */
function makeSpecial(syscall: string, errno: number, code: string, path: string): Error {
  const words = "Not a regular file";
  const fields = { name: "SysError", syscall, errno, code, words, path };
  return Object.assign(new Error(`${syscall} '${path}': ${words}`), fields);
}

/** The path of the opened file, according to the kernel. */
function realPath(path: string): string | undefined {
  return attempt(
    () => withOpen(path, O_PATH, (fd) => readlink(`/proc/self/fd/${fd}`)),
    [...ABSENT, "ELOOP", "EACCES"],
  );
}

function kindOf(type: number): FileInfo["kind"] {
  if (type === S_IFREG) return "file";
  return type === S_IFDIR ? "directory" : "other";
}

function replaceFile(path: string, data: Uint8Array, mode: NewMode): void {
  replaceFiles([{ path, data, mode }]);
}

function replaceFiles(files: readonly NewFile[]): void {
  const staged = files.map(({ path, mode }, i) => {
    const place = findReplaceable(path, mode);
    const directory = directoryOf(place);
    if (i === 0) removeStale(directory);
    // Not derived from the file's name, which may already have the maximum length.
    return { directory, place, beside: `${directory}/${temporaryName(getpid(), i)}` };
  });
  try {
    files.forEach(({ path, data, mode }, i) => {
      const beside = staged[i]?.beside ?? "";
      nameErrors(path, () => writeSynced(beside, data, mode));
    });
    for (const [i, { beside, place }] of staged.entries()) {
      nameErrors(files[i]?.path ?? place, () => rename(beside, place));
    }
  } catch (thrown) {
    for (const { beside } of staged) attempt(() => unlink(beside));
    throw thrown;
  }
  for (const directory of new Set(staged.map((one) => one.directory))) syncDirectory(directory);
}

export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}

/**
 * The path of the file to replace. A symbolic link is resolved, so that it stays a link, except in
 * the place of what everybody may read: node_exporter's directory belongs to another user, who could
 * have root replace any file. Fails with EEXIST for anything that exists but is not a regular file,
 * since a rename would replace even /dev/null, and with EISDIR for a directory; both before the first
 * of several files is replaced.
 */
function findReplaceable(path: string, mode: NewMode): string {
  const kind = status(path)?.kind;
  if (kind === undefined || kind === "file") return path;
  // If it was replaced meanwhile, nothing else is opened, since that may have side effects.
  if (kind === "directory") close(open(path, O_WRONLY | O_DIRECTORY | O_CLOEXEC));
  if (mode === "everybody") {
    if (trySys(() => readlink(path)).ok) return path;
  } else {
    const real = realPath(path);
    if (real !== undefined && status(real)?.kind === "file") return real;
  }
  throw makeSpecial("open", 17, "EEXIST", path);
}

function temporaryName(pid: number, i: number): string {
  return i === 0 ? `.exitrd-${pid}.new` : `.exitrd-${pid}-${i}.new`;
}

/**
 * Removes the temporary files of programs that were killed; nothing else would ever remove them.
 */
function removeStale(directory: string): void {
  for (const name of attempt(() => readdir(directory)) ?? []) {
    const pid = /^\.exitrd-([0-9]{1,10})(?:-[0-9])?\.new$/.exec(name)?.[1];
    if (pid === undefined || isRunning(pid)) continue;
    attempt(() => unlink(`${directory}/${name}`));
  }
}

/** Without /proc, assume that it is running. */
function isRunning(pid: string): boolean {
  return status("/proc/self") === undefined || status(`/proc/${pid}`) !== undefined;
}

function writeSynced(path: string, data: Uint8Array, mode: NewMode): void {
  const bits = mode === "everybody" ? 0o644 : mode;
  const fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, bits);
  try {
    // Not by its path: node_exporter's directory may belong to another user, who can replace the file.
    if (mode === "everybody") attempt(() => chmod(`/proc/self/fd/${fd}`, bits));
    writeAll(fd, data);
    fsync(fd);
  } finally {
    close(fd);
  }
}

/** Without this a power failure could undo the rename. */
function syncDirectory(path: string): void {
  const fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  try {
    fsync(fd);
  } finally {
    close(fd);
  }
}
