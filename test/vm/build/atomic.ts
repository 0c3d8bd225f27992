import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { registerCleanUp } from "../machine/clean-up.ts";

const beingMade = new Map<string, Promise<string>>();

/**
 * Returns the folder `path`, filled by `fill` if it does not exist. Concurrent calls in this
 * process fill it only once.
 *
 * It is filled under another name and renamed, so that an interrupted run does not leave a folder
 * that a later run would take for complete.
 */
export function provideFolder(
  path: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const making =
    beingMade.get(path) ?? makeFolder(path, fill).finally(() => beingMade.delete(path));
  beingMade.set(path, making);
  return making;
}

async function makeFolder(path: string, fill: (folder: string) => Promise<void>): Promise<string> {
  if (existsSync(path)) {
    markUsed(path);
    return path;
  }
  mkdirSync(dirname(path), { recursive: true });
  const partial = mkdtempSync(join(dirname(path), `.${basename(path)}-`));
  const discard = registerCleanUp(() => rmSync(partial, { recursive: true, force: true }));
  try {
    await fill(partial);
    renameSync(partial, path);
    pruneSiblings(path);
  } catch (error) {
    discard();
    // Another process was faster. Its folder was made from the same inputs.
    if (existsSync(path)) return path;
    throw error;
  }
  discard();
  return path;
}

/** Marks an entry as used, so that it is not the oldest. */
function markUsed(path: string): void {
  const now = new Date();
  utimesSync(path, now, now);
}

// More than one, because checkouts of different age may share the cache.
const kept = 6;

/** Removes the oldest folders that differ from `path` only in the key after the last hyphen. */
function pruneSiblings(path: string): void {
  const parent = dirname(path);
  const prefix = basename(path).replace(/-[^-]*$/, "-");
  const made = (name: string): number => statSync(join(parent, name)).ctimeMs;
  const siblings = readdirSync(parent)
    .filter((name) => name.startsWith(prefix) && !name.slice(prefix.length).includes("-"))
    .sort((left, right) => made(right) - made(left));
  for (const name of siblings.slice(kept)) {
    rmSync(join(parent, name), { recursive: true, force: true });
  }
}
