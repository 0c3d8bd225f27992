import {
  close,
  getxattr,
  lstat,
  memfdCreate,
  readdir,
  readFileBytes,
  S_IFMT,
  S_IFREG,
  write,
} from "exitrd:sys";
import type { FileSystemType } from "../image/disk-image/find-file-system.ts";
import type { FoundFile } from "../image/extension/check-files.ts";
import type { ExtensionTree, ExtensionTrees } from "../port/loader.ts";
import { isSysError } from "../port/sys-error.ts";
import { withLoop } from "./loop.ts";
import { mountReadOnly } from "./mount-read-only.ts";

/** The `ExtensionTrees` port on the host's files, loop devices and mount calls. */
export const hostExtensionTrees: ExtensionTrees = {
  openDirectory: (path) => openTree(path, () => {}),
  openFileSystem,
};

function openFileSystem(type: FileSystemType, data: Uint8Array): ExtensionTree {
  const file = memfdCreate("exitrd-extension");
  try {
    for (let at = 0; at < data.length; ) at += write(file, data.subarray(at));
    const mount = withLoop(file, (name) => mountReadOnly(type, `/dev/${name}`));
    return openTree(`/proc/self/fd/${mount}`, () => close(mount));
  } finally {
    close(file);
  }
}

function openTree(top: string, end: () => void): ExtensionTree {
  // The "/." makes the kernel follow the link in /proc.
  const inTree = (path: string) => `${top}/${path === "" ? "." : path}`;
  return {
    readDir: (path) => readdir(inTree(path)),
    status: (path) => readStatus(inTree(path), path),
    readBytes: (path, max) => readFileBytes(inTree(path), max),
    close: end,
  };
}

function readStatus(at: string, path: string): FoundFile {
  const { mode, nlink, size } = lstat(at);
  const isFile = (mode & S_IFMT) === S_IFREG;
  return { path, mode, links: nlink, size, hasCapabilities: isFile && hasCapabilities(at) };
}

function hasCapabilities(path: string): boolean {
  try {
    getxattr(path, "security.capability");
    return true;
  } catch (thrown) {
    if (isSysError(thrown) && (thrown.code === "ENODATA" || thrown.code === "EOPNOTSUPP")) {
      return false;
    }
    throw thrown;
  }
}
