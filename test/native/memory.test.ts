import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { compileUnits, linkProgram } from "../../tools/compile.ts";
import { hashParts } from "../../tools/hash.ts";
import { findQuickjs } from "../../tools/libraries.ts";
import { findToolchain } from "../../tools/toolchain.ts";
import { runCommand } from "./native-program.ts";

const native = join(import.meta.dirname, "../../native");
const good = { stdout: "good\n", stderr: "", status: 0, signal: null };

/**
 * Builds test/native/<name>.c under both sanitizers, with QuickJS and `files` of native/; resolves
 * to the program.
 */
async function buildProgramInC(name: string, files: readonly string[] = []): Promise<string> {
  const toolchain = await findToolchain("sanitize");
  const quickjs = await findQuickjs(toolchain.optimize ?? "-O1");
  const own = readdirSync(native).filter((file) => /\.[ch]$/.test(file));
  const headersKey = hashParts([
    quickjs.headersKey,
    ...own.map((file) => readFileSync(join(native, file))),
  ]);
  const flags = [
    ...["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"],
    ...[...toolchain.ownFlags, "-O1", `-I${native}`, ...quickjs.includeFlags],
  ];
  const sources = [
    join(import.meta.dirname, `${name}.c`),
    ...files.map((file) => join(native, file)),
  ];
  const library = files.length === 0 ? [] : quickjs.units;
  const units = [...library, ...sources.map((file) => ({ file, flags, headersKey }))];
  const output = join(cacheDir("test-native"), name);
  await linkProgram(toolchain, await compileUnits(toolchain, units), output);
  return output;
}

test("three million random allocations do not overlap and are all freed", async () => {
  const program = await buildProgramInC("allocate-randomly");
  expect(runCommand(program, "3000000")).toEqual(good);
});

test("a wrapper without memory throws, and leaves no open descriptor or incomplete object", async () => {
  const files = ["bytes_new.c", "bytes_take.c", "error.c", "object.c", "last_resort_none.c"];
  const wrappers = ["sys_process.c", "sys_stat.c", "sys_path.c", "sys_file.c", "sys_content.c"];
  const program = await buildProgramInC("out-of-memory", [...files, ...wrappers]);
  expect(runCommand(program)).toEqual(good);
});
