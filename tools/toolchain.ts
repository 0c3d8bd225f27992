import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { openPrivateApt } from "./apt.ts";
import { cacheDir } from "./cache.ts";
import { hashParts } from "./hash.ts";
import { run } from "./run.ts";
import { moveIntoPlace } from "./sources.ts";

/**
 * What a program is built for: `musl` is what is shipped, for this machine's
 * architecture; `arm64` the same by Debian's cross compiler; `sanitize` the
 * same source under glibc with AddressSanitizer and UndefinedBehaviorSanitizer;
 * `host` is for tools that run during the build.
 */
export type Variant = "musl" | "arm64" | "sanitize" | "host";

export interface Toolchain {
  readonly compiler: string;
  /** The compiler's own version, part of every cache key. */
  readonly version: string;
  readonly compileFlags: readonly string[];
  /** Flags for our own C alone: kept libraries are not ours to check for undefined behaviour. */
  readonly ownFlags: readonly string[];
  /** Replaces the optimization of kept libraries, where set. */
  readonly optimize?: string;
  /** The linker's arguments before the objects, and after them. */
  readonly beforeObjects: readonly string[];
  readonly linkFlags: readonly string[];
}

/**
 * Returns a folder that shows the kernel's headers and nothing of glibc.
 *
 * musl-gcc does not look in /usr/include, and must not: glibc's headers there
 * would shadow musl's.
 */
function kernelHeaders(asm: string): string {
  const dir = cacheDir("kernel-headers", hashParts([asm]).slice(0, 8));
  const links = {
    linux: "/usr/include/linux",
    "asm-generic": "/usr/include/asm-generic",
    asm,
  };
  for (const [name, target] of Object.entries(links)) {
    const link = join(dir, name);
    if (!existsSync(link)) symlinkSync(target, link);
  }
  return dir;
}

const muslCompile = [
  "-ffunction-sections",
  "-fdata-sections",
  "-fno-pie",
  // Unwind tables serve C++ and debuggers; nothing here unwinds.
  "-fno-asynchronous-unwind-tables",
  "-fno-unwind-tables",
];
const muslLink = [
  "-static",
  "-no-pie",
  "-s",
  "-Wl,--gc-sections",
  "-Wl,-z,relro,-z,now",
  "-Wl,-z,noexecstack",
  "-Wl,--build-id=none",
];
/** See runtime.c: programs do not contain a compiler of regular expressions. */
const wrapRegExp = "-Wl,--wrap=lre_compile";
const sanitizers = ["-g", "-fsanitize=address", "-fno-omit-frame-pointer"];
const undefinedBehaviour = ["-fsanitize=undefined", "-fno-sanitize-recover=undefined"];

const toolVersions = new Map<string, Promise<string>>();

/** The first line of `compiler --version`, asked once. */
function findVersion(compiler: string): Promise<string> {
  const known = toolVersions.get(compiler);
  if (known !== undefined) return known;
  const asked = run(compiler, ["--version"]).then((text) => text.split("\n")[0] ?? "");
  toolVersions.set(compiler, asked);
  return asked;
}

/** Returns a folder with the contents of Debian's musl-dev for arm64. */
async function fetchArm64Musl(): Promise<string> {
  const unpacked = join(cacheDir("sources"), "musl-dev-arm64");
  if (existsSync(unpacked)) return unpacked;
  const staging = mkdtempSync(join(cacheDir("sources"), ".new-"));
  try {
    const apt = await openPrivateApt("deb", "bookworm", "arm64");
    await apt.run(["download", "musl-dev"], staging);
    await run("sh", ["-c", 'exec dpkg-deb -x "$0"/musl-dev_*.deb "$0"/tree', staging]);
    moveIntoPlace(join(staging, "tree"), unpacked);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return unpacked;
}

/** Returns Debian's cross compiler, set up for musl by hand: musl-gcc is for one machine only. */
async function findArm64(): Promise<Toolchain> {
  const compiler = "aarch64-linux-gnu-gcc";
  const tree = await fetchArm64Musl();
  const lib = join(tree, "usr/lib/aarch64-linux-musl");
  const own = (await run(compiler, ["-print-file-name=include"])).trim();
  const headers = [
    join(tree, "usr/include/aarch64-linux-musl"),
    own,
    kernelHeaders("/usr/aarch64-linux-gnu/include/asm"),
  ];
  const noOutlinedAtomics = "-mno-outline-atomics";
  return {
    compiler,
    version: await findVersion(compiler),
    compileFlags: [
      ...muslCompile,
      noOutlinedAtomics,
      "-nostdinc",
      ...headers.map((dir) => `-isystem${dir}`),
    ],
    ownFlags: [],
    beforeObjects: ["-nostdlib", join(lib, "crt1.o"), join(lib, "crti.o")],
    linkFlags: [
      ...muslLink,
      wrapRegExp,
      join(lib, "libc.a"),
      "-lgcc",
      join(lib, "libc.a"),
      join(lib, "crtn.o"),
    ],
  };
}

/** Returns the compiler and the flags for a variant. */
export async function findToolchain(variant: Variant): Promise<Toolchain> {
  switch (variant) {
    case "musl": {
      const multiarch = (await run("gcc", ["-print-multiarch"])).trim();
      const headers = kernelHeaders(`/usr/include/${multiarch}/asm`);
      return {
        compiler: "musl-gcc",
        version: await findVersion("musl-gcc"),
        compileFlags: [...muslCompile, `-isystem${headers}`],
        ownFlags: [],
        beforeObjects: [],
        linkFlags: [...muslLink, wrapRegExp],
      };
    }
    case "arm64":
      return findArm64();
    case "sanitize":
      return {
        compiler: "gcc",
        version: await findVersion("gcc"),
        compileFlags: sanitizers,
        ownFlags: undefinedBehaviour,
        optimize: "-O1",
        beforeObjects: [],
        linkFlags: [...sanitizers, ...undefinedBehaviour, wrapRegExp, "-lm"],
      };
    case "host":
      return {
        compiler: "gcc",
        version: await findVersion("gcc"),
        compileFlags: [],
        ownFlags: [],
        beforeObjects: [],
        linkFlags: ["-lm"],
      };
  }
}
