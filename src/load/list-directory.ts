import type { FileReader } from "../port/loader.ts";
import { type SysFailure, trySys } from "../port/sys-error.ts";
import type { Checked } from "../text/checked.ts";

/**
 * Lists the names in a directory of settings; none if it does not exist. A directory that cannot be
 * listed, or a dangling link, is a failure: its files could forbid something.
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
