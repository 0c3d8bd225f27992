import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { openPrivateApt } from "./apt.ts";
import { cacheDir } from "./cache.ts";
import { hashParts } from "./hash.ts";
import { run } from "./run.ts";
import { moveIntoPlace } from "./sources.ts";

/**
 * What a program is built for. `musl` is what ships, for this machine's architecture; `arm64` is
 * the same with Debian's cross compiler; `sanitize` is the same source under glibc with
 * AddressSanitizer and UndefinedBehaviorSanitizer; `host` is for tools that run during the build.
 */
export type Variant = "musl" | "arm64" | "sanitize" | "host";

export interface Toolchain {
  readonly compiler: string;
  /** The compiler's own version, part of every cache key. */
  readonly version: string;
  readonly compileFlags: readonly string[];
  /** Flags for our own C only: undefined behavior in vendored libraries is not ours to check. */
  readonly ownFlags: readonly string[];
  /** Overrides the optimization of libraries, if set. */
  readonly optimize?: string;
  /** Arguments of the linker before the objects, and after them. */
  readonly beforeObjects: readonly string[];
  readonly linkFlags: readonly string[];
}

/**
 * Returns a folder with the kernel's headers and nothing of glibc.
 *
 * musl-gcc does not search /usr/include, and must not: glibc's headers there would shadow musl's.
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
  // Unwind tables are for C++ and debuggers; nothing here unwinds.
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
  // Separate pages for code and constants would cost 6 KB of each program, in RAM.
  "-Wl,-z,noseparate-code",
  "-Wl,--build-id=none",
];
/** See runtime.c: programs contain no regular expression compiler. */
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

/**
 * Returns a folder with the contents of Debian's musl-dev for arm64; the file `version` has its
 * version.
 */
export async function fetchArm64Musl(): Promise<string> {
  const unpacked = join(cacheDir("sources"), "musl-arm64");
  if (existsSync(unpacked)) return unpacked;
  const staging = mkdtempSync(join(cacheDir("sources"), ".new-"));
  try {
    const apt = await openPrivateApt("deb", "bookworm", "arm64");
    await apt.run(["download", "musl-dev"], staging);
    const script = 'cd "$0"; dpkg-deb -x *.deb tree; dpkg-deb -f *.deb Version >tree/version';
    await run("sh", ["-ec", script, staging]);
    moveIntoPlace(join(staging, "tree"), unpacked);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return unpacked;
}

/** Where the libraries are in the folder of `fetchArm64Musl`. */
export const arm64MuslLib = "usr/lib/aarch64-linux-musl";

/**
 * Returns Debian's cross compiler, configured for musl manually: musl-gcc supports only one
 * machine.
 */
async function findArm64(): Promise<Toolchain> {
  const compiler = "aarch64-linux-gnu-gcc";
  const tree = await fetchArm64Musl();
  const lib = join(tree, arm64MuslLib);
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
        optimize: "-O2",
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
