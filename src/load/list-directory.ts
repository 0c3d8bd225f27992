import type { FileReader } from "../port/loader.ts";
import { type SysFailure, trySys } from "../port/sys-error.ts";
import type { Checked } from "../text/checked.ts";

/**
 * The names in a directory of settings; none where there is none. A directory that is there
 * and cannot be listed, or a link that leads nowhere, is a failure: what it has may forbid
 * something.
 */
export function listDirectory(
  path: string,
  files: FileReader,
): Checked<readonly string[], SysFailure> {
  const names = trySys(() => files.readDir(path));
  if (names.ok || names.problem.code !== "ENOENT") return names;
  const parent = path.slice(0, path.lastIndexOf("/"));
  const isBroken = [path, parent].some((one) => isThere(one, files) && !isListed(one, files));
  return isBroken ? names : { ok: true, value: [] };
}

function isThere(path: string, files: FileReader): boolean {
  const status = trySys(() => files.status(path));
  return !status.ok || status.value !== undefined;
}

function isListed(path: string, files: FileReader): boolean {
  return trySys(() => files.readDir(path)).ok;
}
