import {
  chdir,
  getpid,
  kill,
  MNT_DETACH,
  MS_BIND,
  MS_PRIVATE,
  MS_REC,
  mkdir,
  mount,
  O_NONBLOCK,
  O_WRONLY,
  pivotRoot,
  rename,
  SIGABRT,
  SIGCONT,
  SIGSTOP,
  sleep,
  symlink,
  UMOUNT_NOFOLLOW,
  umount2,
  unlink,
  writeFile,
} from "exitrd:sys";
import type { PivotKernel } from "../port/pivot.ts";

const SIGNALS = { SIGSTOP, SIGCONT, SIGABRT } as const;

/** The `PivotKernel` port on the running kernel. */
export const hostPivotKernel: PivotKernel = {
  makeMountsPrivate: () => mount("none", "/", "", MS_REC | MS_PRIVATE, ""),
  bind: (source, target) => mount(source, target, "", MS_BIND, ""),
  unmount: (target) => umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW),
  pivotRoot: (newRoot, putOld) => {
    pivotRoot(newRoot, putOld);
    chdir("/");
  },
  makeDirectory: (path) => mkdir(path, 0o755),
  writeFile: (path, text) => writeFile(path, text),
  removeFile: (path) => unlink(path),
  rename: (from, to) => rename(from, to),
  link: (target, path) => symlink(target, path),
  writeFifo: (path, message) => writeFile(path, message, O_WRONLY | O_NONBLOCK),
  kill: (pid, signal) => kill(pid, SIGNALS[signal]),
  sleep: (milliseconds) => sleep(milliseconds),
  getpid: () => getpid(),
};
