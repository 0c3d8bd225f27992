import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheDir } from "../../../tools/cache.ts";

// An emulated machine keeps a core busy and more: with too many of them side by
// side, each runs into its time limit.
const slots = availableParallelism();
const retryMs = 500;

/**
 * Waits until one of as many machines as there are cores may run here, whoever
 * else on this host is testing. Returns what ends the claim.
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

/** A process that holds the lock until its standard input ends, as it does if we die. */
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
