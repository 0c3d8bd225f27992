import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { bundle, projectRoot } from "./bundle.ts";
import { cacheDir } from "./cache.ts";
import { compileUnits, linkProgram, makeCached, type Unit } from "./compile.ts";
import { hashParts } from "./hash.ts";
import { findQjsc, type Library, listLibraries } from "./libraries.ts";
import { run } from "./run.ts";
import { findToolchain, type Toolchain } from "./toolchain.ts";

export interface Program {
  /** The TypeScript file that it starts with. */
  readonly entry: string;
  /** Where the program goes. */
  readonly output: string;
  /** Whether `exitrd:codec` (libzstd) and `exitrd:key` are there to import. */
  readonly codec?: boolean;
  /** Whether it is a PID 1, which only ends by reboot(2): native/last_resort.c. */
  readonly pid1?: boolean;
  /** esbuild's `define`: names to replace by constant expressions. */
  readonly defines?: Readonly<Record<string, string>>;
  /** Builds for glibc with AddressSanitizer and UndefinedBehaviorSanitizer. */
  readonly sanitize?: boolean;
  /** The architecture to cross-compile for; by default that of this machine. */
  readonly arch?: "arm64";
}

const nativeDir = join(projectRoot, "native");
const warnings = ["-std=gnu11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"];

/** C files that only one kind of program links; all others in native/ are in every program. */
const pid1Only = ["last_resort.c", "main_pid1.c"];
const cliOnly = ["last_resort_none.c", "main_cli.c"];
const codecOnly = ["codec.c", "key.c"];

/** Builds qjsc for this machine, once; resolves to the program. */
async function buildQjsc(): Promise<string> {
  const host = await findToolchain("host");
  const objects = await compileUnits(host, await findQjsc());
  const key = hashParts(objects.map((path) => basename(path))).slice(0, 16);
  const output = join(cacheDir("qjsc"), key);
  await linkProgram(host, objects, output);
  return output;
}

/**
 * Compiles a module's text to bytecode; resolves to a C file in the cache that holds it.
 *
 * PID 1's is without line numbers and names of variables: they are a third of what is read before
 * its first line runs. A stack trace still has the names of functions.
 */
async function compileScript(name: string, text: string, isStripped: boolean): Promise<string> {
  const qjsc = await buildQjsc();
  const strip = isStripped ? ["-s"] : [];
  const key = hashParts([basename(qjsc), name, text, ...strip]);
  return makeCached("bytecode", `${key.slice(0, 24)}.c`, async (output) => {
    // The bare name, since stack traces show it and bytecode keeps it.
    const dir = dirname(output);
    writeFileSync(join(dir, name), text);
    const natives = ["sys", "digest", "codec", "key"].flatMap((native) => [
      "-M",
      `exitrd:${native},${native}`,
    ]);
    const args = ["-c", "-m", ...strip, ...natives, "-N", "program_bytecode", "-o", output, name];
    await run(qjsc, args, { cwd: dir });
  });
}

/** Lists the C files of native/ that a program needs, as units. */
function listNative(toolchain: Toolchain, program: Program, libraries: readonly Library[]): Unit[] {
  const left = new Set([
    ...(program.pid1 ? cliOnly : pid1Only),
    ...(program.codec ? [] : codecOnly),
  ]);
  const names = readdirSync(nativeDir).sort();
  const headers = names.filter((name) => name.endsWith(".h"));
  const headersKey = hashParts([
    ...headers.map((name) => readFileSync(join(nativeDir, name))),
    ...libraries.map((library) => library.headersKey),
  ]);
  const flags = [
    ...warnings,
    ...toolchain.ownFlags,
    "-Os",
    "-D_GNU_SOURCE",
    ...libraries.flatMap((library) => library.includeFlags),
  ];
  return names
    .filter((name) => name.endsWith(".c") && !left.has(name))
    .map((name) => ({
      file: join(nativeDir, name),
      flags: name === "runtime.c" && program.codec ? [...flags, "-DWITH_CODEC"] : flags,
      headersKey,
    }));
}

async function compileProgram(
  toolchain: Toolchain,
  program: Program,
  bytecode: string,
): Promise<string[]> {
  const libraries: Library[] = [];
  // One at a time, because apt locks its state while it fetches a source.
  for (const { find, optimize } of listLibraries(program.codec === true)) {
    libraries.push(await find(toolchain.optimize ?? optimize));
  }
  const units = libraries.flatMap((library) => library.units);
  const script: Unit = { file: bytecode, flags: warnings, headersKey: "" };
  return compileUnits(toolchain, [...units, ...listNative(toolchain, program, libraries), script]);
}

/**
 * Builds one program: TypeScript, bundled, compiled to bytecode, linked with
 * QuickJS and native/ into one static file.
 *
 * Only what changed is made again. Beside the program lies `<program>.js`, the
 * bundle whose lines its stack traces count.
 */
export async function buildProgram(program: Program): Promise<void> {
  const output = resolve(program.output);
  const name = basename(output);
  const text = await bundle(resolve(program.entry), program.defines ?? {});
  const bytecode = await compileScript(`${name}.js`, text, program.pid1 === true);
  const toolchain = await findToolchain(program.sanitize ? "sanitize" : (program.arch ?? "musl"));
  await linkProgram(toolchain, await compileProgram(toolchain, program, bytecode), output);
  writeFileSync(`${output}.js`, text);
}
