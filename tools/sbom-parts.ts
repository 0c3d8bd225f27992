import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listBundledPackages, projectRoot } from "./bundle.ts";
import { hashBytes } from "./hash.ts";
import { listLibraries } from "./libraries.ts";
import type { CrossArch } from "./read-arch.ts";
import { run } from "./run.ts";
import type { Part } from "./sbom.ts";
import type { Source } from "./sources.ts";
import { arm64MuslLib, fetchArm64Musl } from "./toolchain.ts";

/** The third-party parts of the two programs, each once. */
export interface ProgramParts {
  readonly parts: readonly Part[];
  /** The names of the parts in the command line, and in PID 1. */
  readonly cli: readonly string[];
  readonly pid1: readonly string[];
}

/** Lists the libraries that the programs were just built from; `arch` as in `Program`. */
export async function listProgramParts(arch: CrossArch | undefined): Promise<ProgramParts> {
  const [cliPackages, pid1Packages] = await Promise.all(
    ["src/cli/main.ts", "src/pid1/main.ts"].map(listBundledPackages),
  );
  const system = await listSystemParts(arch);
  const cliParts = [...system, ...describeLibraries(true)];
  const pid1Parts = [...system, ...describeLibraries(false)];
  const packages = [...new Set([...(cliPackages ?? []), ...(pid1Packages ?? [])])];
  const nameAll = (parts: readonly Part[]) => parts.map(({ name }) => name);
  return {
    // The command line links everything that PID 1 does.
    parts: [...cliParts, ...packages.map(describePackage)],
    cli: [...nameAll(cliParts), ...(cliPackages ?? [])],
    pid1: [...nameAll(pid1Parts), ...(pid1Packages ?? [])],
  };
}

function describeLibraries(codec: boolean): readonly Part[] {
  return listLibraries(codec).map(({ source }) => describeSource(source));
}

function describeSource({ name, version, license, sha256 }: Source): Part {
  return {
    ...{ kind: "library", name, version, license, contains: [] },
    purl: `pkg:generic/${name}@${version}?checksum=sha256:${sha256}`,
    hash: { algorithm: "SHA-256", hex: sha256 },
  };
}

/** The parts of every static program that come from Debian's packages. */
async function listSystemParts(arch: CrossArch | undefined): Promise<readonly Part[]> {
  const compiler = arch === undefined ? "gcc" : "aarch64-linux-gnu-gcc";
  const libgcc = (await run(compiler, ["-print-libgcc-file-name"])).trim();
  const libgccLicense = "GPL-3.0-or-later WITH GCC-exception-3.1";
  return [
    arch === undefined ? await describeMusl() : await describeArm64Musl(),
    await describeArchive("libgcc", libgcc, libgccLicense),
    await describeHeaders(arch === undefined ? "linux-libc-dev" : "linux-libc-dev-arm64-cross"),
  ];
}

async function describeMusl(): Promise<Part> {
  const multiarch = (await run("gcc", ["-print-multiarch"])).trim();
  const libc = `/usr/lib/${multiarch.replace(/-gnu$/, "-musl")}/libc.a`;
  return describeArchive("musl", libc, "MIT");
}

/** It was unpacked from its package but not installed, so dpkg does not know it. */
async function describeArm64Musl(): Promise<Part> {
  const tree = await fetchArm64Musl();
  const version = readFileSync(join(tree, "version"), "latin1").trim();
  const hex = hashBytes(readFileSync(join(tree, arm64MuslLib, "libc.a")));
  return {
    ...{ kind: "library", name: "musl", version, license: "MIT", contains: [] },
    purl: `pkg:deb/debian/musl-dev@${encodeURIComponent(version)}?arch=arm64`,
    hash: { algorithm: "SHA-256", hex },
  };
}

async function describeArchive(name: string, file: string, license: string): Promise<Part> {
  const owner = (await run("dpkg-query", ["-S", file])).split(": ")[0] ?? "";
  const hex = hashBytes(readFileSync(file));
  return {
    ...(await describeDebian(owner, license)),
    ...{ name, hash: { algorithm: "SHA-256", hex } },
  };
}

/** The kernel's interface: numbers and structures, but no code. */
async function describeHeaders(name: string): Promise<Part> {
  const license = "GPL-2.0-only WITH Linux-syscall-note";
  return { ...(await describeDebian(name, license)), hash: undefined };
}

async function describeDebian(name: string, license: string): Promise<Omit<Part, "hash">> {
  const format = `\${Package} \${Version} \${Architecture}\n`;
  const text = await run("dpkg-query", ["-W", "-f", format, name]);
  const [found = "", version = "", architecture] = (text.split("\n")[0] ?? "").split(" ");
  const purl = `pkg:deb/debian/${found}@${encodeURIComponent(version)}?arch=${architecture}`;
  return { kind: "library", name: found, version, license, purl, contains: [] };
}

function describePackage(name: string): Part {
  const folder = join("node_modules", name);
  const { version, license } = readJson(join(folder, "package.json"));
  const { integrity } = readJson("package-lock.json").packages[folder];
  const [algorithm, digest] = integrity.split("-");
  if (algorithm !== "sha512") throw new Error(`'${name}' has no SHA-512 in package-lock.json`);
  return {
    ...{ kind: "library", name, version, license, contains: [] },
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    hash: { algorithm: "SHA-512", hex: Buffer.from(digest, "base64").toString("hex") },
  };
}

function readJson(path: string) {
  return JSON.parse(readFileSync(join(projectRoot, path), "utf8"));
}
