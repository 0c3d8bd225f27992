import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Architecture } from "./machine/platform.ts";

/** Finds the package of an architecture in dist/; if there are several, the last by name. */
export function findPackage(architecture: Architecture = "amd64"): string | undefined {
  const dist = join(import.meta.dirname, "..", "..", "dist");
  try {
    const end = `_${architecture}.deb`;
    const names = readdirSync(dist).filter(
      (name) => name.startsWith("exitrd_") && name.endsWith(end),
    );
    const name = names.sort().at(-1);
    return name === undefined ? undefined : join(dist, name);
  } catch {
    return undefined;
  }
}
