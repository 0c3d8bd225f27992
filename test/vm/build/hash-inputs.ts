import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { hashParts } from "../../../tools/hash.ts";

/** Returns a short digest of texts, for use as the key of a cache. */
export function hashTexts(texts: readonly string[]): string {
  return hashParts(texts).slice(0, 16);
}

/** Returns a short digest of a file's bytes, or of a whole tree's names and bytes. */
export function hashPath(path: string): string {
  if (!statSync(path).isDirectory()) return hashTexts([readFileSync(path, "latin1")]);
  const names = readdirSync(path).sort();
  return hashTexts(names.flatMap((name) => [name, hashPath(join(path, name))]));
}
