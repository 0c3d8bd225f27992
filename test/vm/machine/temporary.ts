import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { registerCleanUp } from "./clean-up.ts";
import { memoryMiB } from "./spec.ts";

/** Makes a folder that is removed when this process ends. */
export function makeTemporaryFolder(parent = cacheDir("vm", "runs")): string {
  const folder = mkdtempSync(join(parent, "run-"));
  registerCleanUp(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const sharedMemory = "/dev/shm";

/** Makes a folder for a guest's RAM: in memory if there is enough, otherwise in the cache. */
export function makeRamFolder(): string {
  return makeTemporaryFolder(hasRoom(sharedMemory) ? sharedMemory : cacheDir("vm", "runs"));
}

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return (bavail * bsize) / (1024 * 1024) > 2 * memoryMiB;
  } catch {
    return false;
  }
}
