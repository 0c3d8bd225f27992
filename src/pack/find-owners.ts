import { findDpkgOwner } from "../image/package/dpkg.ts";
import { type Owner, pickListed } from "../image/package/owner.ts";
import { findPacmanOwner } from "../image/package/pacman.ts";
import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";

const dpkgDirectory = "/var/lib/dpkg";
const pacmanDirectory = "/var/lib/pacman/local";
/** The longest list is that of a kernel's headers, a few MiB. */
const largestList = 64 * 1024 * 1024;

/**
 * The packages that own files, by their paths without links, according to dpkg or pacman. RPM's
 * database cannot be read without RPM; there only the digest is recorded.
 */
export function findOwners(
  paths: readonly string[],
  files: FileReader,
): ReadonlyMap<string, Owner> {
  const owners = new Map<string, Owner>();
  if (paths.length === 0) return owners;
  findInDpkg(paths, files, owners);
  findInPacman(paths, files, owners);
  return owners;
}

function findInDpkg(paths: readonly string[], files: FileReader, owners: Map<string, Owner>): void {
  const status = readDpkgStatus(files);
  if (status === "") return;
  for (const name of attempt(() => files.readDir(`${dpkgDirectory}/info`)) ?? []) {
    if (!name.endsWith(".list")) continue;
    const listed = pickFrom(`${dpkgDirectory}/info/${name}`, "/", paths, files, owners);
    const owner = listed.length === 0 ? undefined : findDpkgOwner(name, status);
    for (const path of listed) if (owner !== undefined) owners.set(path, owner);
  }
}

/** The newest first: while dpkg and its triggers run, changes are in separate files. */
function readDpkgStatus(files: FileReader): string {
  const updates = attempt(() => files.readDir(`${dpkgDirectory}/updates`)) ?? [];
  const newest = updates.filter((name) => /^[0-9]+$/.test(name)).reverse();
  const paths = [...newest.map((name) => `updates/${name}`), "status"];
  return paths
    .map((path) => attempt(() => files.readText(`${dpkgDirectory}/${path}`, largestList)) ?? "")
    .filter((text) => text !== "")
    .join("\n\n");
}

function findInPacman(
  paths: readonly string[],
  files: FileReader,
  owners: Map<string, Owner>,
): void {
  for (const name of attempt(() => files.readDir(pacmanDirectory)) ?? []) {
    const owner = findPacmanOwner(name);
    if (owner === undefined) continue;
    const listed = pickFrom(`${pacmanDirectory}/${name}/files`, "", paths, files, owners);
    for (const path of listed) owners.set(path, owner);
  }
}

function pickFrom(
  file: string,
  prefix: string,
  paths: readonly string[],
  files: FileReader,
  owners: ReadonlyMap<string, Owner>,
): readonly string[] {
  const left = paths.filter((path) => !owners.has(path));
  const list = left.length === 0 ? undefined : attempt(() => files.readText(file, largestList));
  return list === undefined ? [] : pickListed(list, prefix, left);
}
