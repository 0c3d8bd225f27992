import { isSafePath } from "../image/check-path.ts";
import type { CpioEntry } from "../image/cpio-entry.ts";
import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import { keptFolder, keptPaths } from "../text/tree-paths.ts";

const largestKept = 64 * 1024;

/** Far more than dracut's modules leave, and little memory. */
const mostInFolder = { paths: 256, bytes: 1024 * 1024 };

/**
 * Reads what must stay visible at `target`: small regular files only. They keep their modes, which
 * may protect them, and with which import-state.service copies them to the root.
 */
export function readKeptFiles(target: string, files: FileReader): readonly CpioEntry[] {
  const kept = keptPaths.flatMap((path) => readFile(target, path, largestKept, files) ?? []);
  return [...kept, ...readFolder(target, files)];
}

/** Each directory comes before its contents. */
function readFolder(target: string, files: FileReader): readonly CpioEntry[] {
  const kept: CpioEntry[] = [];
  let left = mostInFolder.bytes;
  const paths = [keptFolder];
  for (const path of paths) {
    const entry = readDirectory(target, path, files);
    if (entry !== undefined) {
      kept.push(entry);
      const names = attempt(() => files.readDir(`${target}/${path}`)) ?? [];
      const room = mostInFolder.paths - paths.length;
      paths.push(...names.slice(0, room).map((name) => `${path}/${name}`));
    } else if (path !== keptFolder) {
      const file = readFile(target, path, Math.min(left, largestKept), files);
      if (file === undefined) continue;
      left -= file.data.length;
      kept.push(file);
    }
  }
  return kept;
}

function readDirectory(target: string, path: string, files: FileReader): CpioEntry | undefined {
  const status = readStatus(target, path, files);
  return status?.kind === "directory"
    ? { kind: "directory", path, mode: status.mode & 0o777 }
    : undefined;
}

function readFile(
  target: string,
  path: string,
  largest: number,
  files: FileReader,
): Extract<CpioEntry, { kind: "file" }> | undefined {
  const status = readStatus(target, path, files);
  if (status?.kind !== "file" || status.size > largest) return undefined;
  const data = attempt(() => files.readBytes(`${target}/${path}`, largest));
  return data && { kind: "file", path, mode: status.mode & 0o777, data };
}

function readStatus(target: string, path: string, files: FileReader) {
  // A manifest and messages contain no other path.
  return isSafePath(path) ? attempt(() => files.status(`${target}/${path}`)) : undefined;
}
