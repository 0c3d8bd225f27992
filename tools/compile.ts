import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { cacheDir } from "./cache.ts";
import { hashBytes, hashParts } from "./hash.ts";
import { mapParallel, run } from "./run.ts";
import type { Toolchain } from "./toolchain.ts";

/** One C file, and the other inputs that determine the result. */
export interface Unit {
  readonly file: string;
  readonly flags: readonly string[];
  /** Represents all headers that it includes: a pinned digest, or their hash. */
  readonly headersKey: string;
}

/** Creates a file in the cache atomically, unless the key already exists. */
export async function makeCached(
  kind: string,
  key: string,
  make: (output: string) => Promise<void>,
): Promise<string> {
  const dir = cacheDir(kind);
  const path = join(dir, key);
  if (existsSync(path)) return path;
  const staging = mkdtempSync(join(dir, ".new-"));
  try {
    const output = join(staging, "output");
    await make(output);
    renameSync(output, path);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return path;
}

/** Compiles one unit; resolves to its object file in the cache. */
function compileUnit(toolchain: Toolchain, unit: Unit): Promise<string> {
  const flags = [...toolchain.compileFlags, ...unit.flags];
  const key = hashParts([
    toolchain.compiler,
    toolchain.version,
    ...flags,
    unit.headersKey,
    readFileSync(unit.file),
  ]);
  // The path of a file must not be part of the object: the same source gives the same bytes.
  const map = `-ffile-prefix-map=${dirname(unit.file)}=.`;
  return makeCached(
    "objects",
    `${basename(unit.file, ".c")}-${key.slice(0, 24)}.o`,
    async (output) => {
      await run(toolchain.compiler, [...flags, map, "-c", unit.file, "-o", output]);
    },
  );
}

/** Compiles units in parallel; resolves to their object files, in order. */
export function compileUnits(toolchain: Toolchain, units: readonly Unit[]): Promise<string[]> {
  return mapParallel(units, (unit) => compileUnit(toolchain, unit));
}

/**
 * Links objects into `output`, atomically.
 *
 * Programs are large and quick to link, so they are not cached. A stamp records which objects were
 * linked, so that an output that is up to date is not linked again.
 */
export async function linkProgram(
  toolchain: Toolchain,
  objects: readonly string[],
  output: string,
): Promise<void> {
  const key = hashParts([
    toolchain.compiler,
    toolchain.version,
    ...toolchain.linkFlags,
    // An object's name in the cache contains the hash of all its inputs.
    ...objects.map((path) => basename(path)),
  ]);
  const record = join(cacheDir("linked"), hashParts([output]));
  if (existsSync(output) && readIfThere(record) === `${key} ${hashBytes(readFileSync(output))}`) {
    return;
  }
  mkdirSync(dirname(output), { recursive: true });
  const staging = mkdtempSync(join(dirname(output), ".new-"));
  try {
    const program = join(staging, "program");
    const { beforeObjects, linkFlags } = toolchain;
    await run(toolchain.compiler, [...beforeObjects, ...objects, ...linkFlags, "-o", program]);
    writeFileSync(record, `${key} ${hashBytes(readFileSync(program))}`);
    renameSync(program, output);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
