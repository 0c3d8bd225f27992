import {
  access,
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
  S_IFMT,
  S_IFREG,
  unlink,
  writeAll,
  X_OK,
} from "exitrd:sys";
import type { FileInfo, FileReader, FileWriter } from "../port/files.ts";
import { attempt } from "../port/sys-error.ts";
import { trySys } from "../port/sys-failure.ts";
import { withOpen } from "./with-open.ts";

const ABSENT = ["ENOENT", "ENOTDIR"];

/** The `FileReader` and `FileWriter` ports on the host's files. */
export const hostFiles: FileReader & FileWriter = {
  status,
  readBytes: (path, max) => readFileBytes(path, max),
  readText: (path, max) => readFile(path, max),
  realPath,
  readDir: (path) => readdir(path).sort(),
  isExecutable: (path) => trySys(() => access(path, X_OK)).ok,
  replaceFile,
  removeFile: (path) => unlink(path),
};

function status(path: string): FileInfo | undefined {
  return attempt(() => {
    const { mode, size, dev } = lstat(path);
    return { kind: kindOf(mode & S_IFMT), mode: mode & 0o7777, size, dev };
  }, ABSENT);
}

/** The path of the opened file, according to the kernel. */
function realPath(path: string): string | undefined {
  return attempt(
    () => withOpen(path, O_PATH, (fd) => readlink(`/proc/self/fd/${fd}`)),
    [...ABSENT, "ELOOP", "ENAMETOOLONG", "EACCES"],
  );
}

function kindOf(type: number): FileInfo["kind"] {
  if (type === S_IFREG) return "file";
  return type === S_IFDIR ? "directory" : "other";
}

function replaceFile(path: string, data: Uint8Array, mode: number): void {
  const slash = path.lastIndexOf("/");
  const directory = slash < 0 ? "." : path.slice(0, slash) || "/";
  const name = path.slice(slash + 1);
  const beside = `${directory}/.${name}.${getpid()}.new`;
  try {
    writeSynced(beside, data, mode);
    rename(beside, path);
  } catch (thrown) {
    attempt(() => unlink(beside));
    throw thrown;
  }
  syncDirectory(directory);
}

function writeSynced(path: string, data: Uint8Array, mode: number): void {
  const fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  try {
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
