import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Finds the package in dist/; if there are several, the last by name. */
export function findPackage(): string | undefined {
  const dist = join(import.meta.dirname, "..", "..", "dist");
  try {
    const names = readdirSync(dist).filter((name) => /^exitrd_.*_amd64\.deb$/.test(name));
    const name = names.sort().at(-1);
    return name === undefined ? undefined : join(dist, name);
  } catch {
    return undefined;
  }
}
