import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { bundle, projectRoot } from "./bundle.ts";
import { cacheDir } from "./cache.ts";
import { compileUnits, linkProgram, makeCached, type Unit } from "./compile.ts";
import { hashParts } from "./hash.ts";
import { findQjsc, type Library, listLibraries } from "./libraries.ts";
import type { CrossArch } from "./read-arch.ts";
import { run } from "./run.ts";
import { findToolchain, type Toolchain } from "./toolchain.ts";

export interface Program {
  /** The TypeScript file of its main module. */
  readonly entry: string;
  /** The path of the resulting program. */
  readonly output: string;
  /** Whether it can import `exitrd:codec` (libzstd), `exitrd:key`, `:drive` and `:trace`. */
  readonly codec?: boolean;
  /** Whether it is a PID 1, which ends only with reboot(2): native/last_resort.c. */
  readonly pid1?: boolean;
  /** esbuild's `define`: names to replace by constant expressions. */
  readonly defines?: Readonly<Record<string, string>>;
  /** Builds for glibc with AddressSanitizer and UndefinedBehaviorSanitizer. */
  readonly sanitize?: boolean;
  /** The architecture to cross-compile for; by default that of this machine. */
  readonly arch?: CrossArch;
}

/** The programs that are shipped, by the names of the outputs. */
export const shippedPrograms: readonly Program[] = [
  { entry: "src/pid1/main.ts", output: "exitrd-shutdown", pid1: true },
  { entry: "src/cli/main.ts", output: "exitrd", codec: true },
];

/** The native modules that scripts import. */
const nativeModules = ["sys", "digest", "codec", "key", "drive", "trace"];

/**
 * How qjsc makes a C file of a module.
 *
 * The bytecode has no line numbers and no names of variables: they are a third of what is read before
 * the first line runs. A stack trace still has the names of functions.
 */
export function listScriptOptions(): readonly string[] {
  const natives = nativeModules.flatMap((name) => ["-M", `exitrd:${name},${name}`]);
  return ["-s", "-c", "-m", ...natives, "-N", "program_bytecode"];
}

const nativeDir = join(projectRoot, "native");
const warnings = ["-std=gnu11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"];

/** C files that only one kind of program links; every program links all others in native/. */
const pid1Only = ["last_resort.c", "main_pid1.c"];
const cliOnly = ["last_resort_none.c", "main_cli.c"];
const codecOnly = ["codec.c", "drive.c", "key.c", "trace.c"];

/** Builds qjsc for this machine, once; resolves to the program. */
async function buildQjsc(): Promise<string> {
  const host = await findToolchain("host");
  const objects = await compileUnits(host, await findQjsc());
  const key = hashParts(objects.map((path) => basename(path))).slice(0, 16);
  const output = join(cacheDir("qjsc"), key);
  await linkProgram(host, objects, output);
  return output;
}

/** Compiles a module's text to bytecode; resolves to a C file in the cache that contains it. */
async function compileScript(name: string, text: string): Promise<string> {
  const qjsc = await buildQjsc();
  const options = listScriptOptions();
  const key = hashParts([basename(qjsc), name, text, ...options]);
  return makeCached("bytecode", `${key.slice(0, 24)}.c`, async (output) => {
    // The bare name, since stack traces show it and bytecode keeps it.
    const dir = dirname(output);
    writeFileSync(join(dir, name), text);
    await run(qjsc, [...options, "-o", output, name], { cwd: dir });
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
      flags: [...flags, ...listOwnFlags(name, program)],
      headersKey,
    }));
}

/** The flags of one C file, after those of all. */
function listOwnFlags(name: string, program: Program): readonly string[] {
  if (name === "runtime.c" || name === "digest.c") return program.codec ? ["-DWITH_CODEC"] : [];
  // An eighth of the start-up time is spent in calls of its small functions, which -Os does not
  // inline.
  return name === "alloc.c" ? ["-O2"] : [];
}

/** Every C file of a program: of the kept libraries, of native/, and its script at `bytecode`. */
export async function listUnits(
  toolchain: Toolchain,
  program: Program,
  bytecode: string,
): Promise<readonly Unit[]> {
  const libraries: Library[] = [];
  // One at a time, because apt locks its state while it fetches a source.
  for (const { find, optimize } of listLibraries(program.codec === true)) {
    libraries.push(await find(toolchain.optimize ?? optimize));
  }
  const units = libraries.flatMap((library) => library.units);
  const script: Unit = { file: bytecode, flags: warnings, headersKey: "" };
  return [...units, ...listNative(toolchain, program, libraries), script];
}

/**
 * Builds one program: TypeScript, bundled, compiled to bytecode, and linked with QuickJS and
 * native/ into one static file.
 *
 * Only changed parts are built again.
 */
export async function buildProgram(program: Program): Promise<void> {
  const output = resolve(program.output);
  const name = basename(output);
  const text = await bundle(resolve(program.entry), program.defines ?? {});
  const bytecode = await compileScript(`${name}.js`, text);
  const toolchain = await findToolchain(program.sanitize ? "sanitize" : (program.arch ?? "musl"));
  const units = await listUnits(toolchain, program, bytecode);
  await linkProgram(toolchain, await compileUnits(toolchain, units), output);
}
