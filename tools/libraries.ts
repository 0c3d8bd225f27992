import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Unit } from "./compile.ts";
import { fetchSource, libmd, libzstd, quickjs, type Source, zlib } from "./sources.ts";

/** A C library: its sources, and the flags for the include paths of its users. */
export interface Library {
  readonly units: readonly Unit[];
  readonly includeFlags: readonly string[];
  readonly headersKey: string;
}

function makeUnits(
  source: Source,
  files: readonly string[],
  flags: readonly string[],
): readonly Unit[] {
  return files.map((file) => ({ file, flags, headersKey: source.sha256 }));
}

const quickjsFlags = [
  "-D_GNU_SOURCE",
  `-DCONFIG_VERSION="${quickjs.version}"`,
  // Upstream relies on signed overflow wrapping, and compiles with these warnings off.
  "-fwrapv",
  "-w",
];

/** Returns QuickJS without its own libc module. */
export async function findQuickjs(optimize: string): Promise<Library> {
  const dir = await fetchSource(quickjs);
  const files = ["quickjs", "dtoa", "libregexp", "libunicode", "cutils"];
  return {
    units: makeUnits(
      quickjs,
      files.map((name) => join(dir, `${name}.c`)),
      [...quickjsFlags, optimize],
    ),
    includeFlags: [`-isystem${dir}`],
    headersKey: quickjs.sha256,
  };
}

/** Returns the sources of `qjsc`, the bytecode compiler, as a program for this machine. */
export async function findQjsc(): Promise<readonly Unit[]> {
  const dir = await fetchSource(quickjs);
  const names = ["qjsc", "quickjs-libc", "quickjs", "dtoa", "libregexp", "libunicode", "cutils"];
  return makeUnits(
    quickjs,
    names.map((name) => join(dir, `${name}.c`)),
    // qjsc requires the name of a compiler and a prefix, which `-c` never uses.
    [...quickjsFlags, "-O1", '-DCONFIG_CC="cc"', '-DCONFIG_PREFIX="/nonexistent"'],
  );
}

function listSources(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith(".c"))
    .sort()
    .map((name) => join(dir, name));
}

/** Returns libzstd: single-threaded, no legacy formats, no dictionary builder. */
async function findZstd(optimize: string): Promise<Library> {
  const lib = join(await fetchSource(libzstd), "lib");
  const files = ["common", "compress", "decompress"].flatMap((part) =>
    listSources(join(lib, part)),
  );
  const flags = ["-DZSTD_LEGACY_SUPPORT=0", "-DZSTD_DISABLE_ASM=1", "-DZSTD_NO_TRACE=1", "-w"];
  return {
    units: makeUnits(libzstd, files, [...flags, optimize]),
    includeFlags: [`-isystem${lib}`],
    headersKey: libzstd.sha256,
  };
}

/** Returns the half of zlib that decompresses. */
async function findZlib(optimize: string): Promise<Library> {
  const dir = await fetchSource(zlib);
  const names = ["inflate", "inftrees", "inffast", "adler32", "crc32", "zutil"];
  return {
    units: makeUnits(
      zlib,
      names.map((name) => join(dir, `${name}.c`)),
      ["-D_GNU_SOURCE", "-w", optimize],
    ),
    includeFlags: [`-isystem${dir}`],
    headersKey: zlib.sha256,
  };
}

/** Returns libmd's SHA-1 and SHA-2. */
async function findLibmd(optimize: string): Promise<Library> {
  const dir = await fetchSource(libmd);
  const include = `-isystem${join(dir, "include")}`;
  const config = `-I${fileURLToPath(new URL("../native/libmd", import.meta.url))}`;
  const flags = ["-D_GNU_SOURCE", config, include, "-w"];
  return {
    units: makeUnits(
      libmd,
      ["sha1", "sha2"].map((name) => join(dir, "src", `${name}.c`)),
      [...flags, optimize],
    ),
    includeFlags: [include],
    headersKey: libmd.sha256,
  };
}

/** A library that programs link, and its optimization unless a toolchain overrides it. */
interface LinkedLibrary {
  readonly source: Source;
  readonly optimize: string;
  readonly find: (optimize: string) => Promise<Library>;
}

// -O2 for the codecs, which process whole images. For QuickJS, it gains 10 % of speed and costs 140
// KB: not worth it in an image in RAM.
const common: readonly LinkedLibrary[] = [
  { source: quickjs, optimize: "-Os", find: findQuickjs },
  { source: libmd, optimize: "-O2", find: findLibmd },
];
const codecs: readonly LinkedLibrary[] = [
  { source: libzstd, optimize: "-O2", find: findZstd },
  { source: zlib, optimize: "-O2", find: findZlib },
];

/** The libraries of a program with or without `exitrd:codec`, for the linker and for the SBOM. */
export function listLibraries(codec: boolean): readonly LinkedLibrary[] {
  return codec ? [...common, ...codecs] : common;
}
