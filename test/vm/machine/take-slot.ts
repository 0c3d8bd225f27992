import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheDir } from "../../../tools/cache.ts";

// An emulated machine uses more than one core: too many of them in parallel would exceed their time
// limits.
const slots = availableParallelism();
const retryMs = 500;

/**
 * Waits until fewer machines than cores are running, in all test runs on this host. Returns a
 * function that frees the slot.
 */
export async function takeSlot(): Promise<() => void> {
  for (;;) {
    for (let slot = 0; slot < slots; slot++) {
      const holder = await lock(join(cacheDir("vm"), `slot-${slot}`));
      if (holder !== undefined) return () => holder.stdin?.end();
    }
    await sleep(retryMs);
  }
}

/**
 * Starts a process that holds the lock until EOF on its standard input, which also happens if we
 * die.
 */
function lock(file: string): Promise<ChildProcess | undefined> {
  const child = spawn("flock", ["--nonblock", file, "sh", "-c", "echo locked; cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.stdout.once("data", () => resolve(child));
    child.on("close", () => resolve(undefined));
  });
}
