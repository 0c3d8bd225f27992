import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Returns a folder of the build cache, created if necessary.
 *
 * The cache is outside the checkout, so that a fresh clone finds everything that is slow to make
 * (QuickJS, guests). `EXITRD_CACHE` overrides the XDG default.
 */
export function cacheDir(...parts: readonly string[]): string {
  const base =
    process.env.EXITRD_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "exitrd");
  const dir = join(base, ...parts);
  mkdirSync(dir, { recursive: true });
  return dir;
}
