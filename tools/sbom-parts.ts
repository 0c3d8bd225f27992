import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listBundledPackages, projectRoot } from "./bundle.ts";
import { hashBytes } from "./hash.ts";
import { listLibraries } from "./libraries.ts";
import { run } from "./run.ts";
import type { Part } from "./sbom.ts";
import type { Source } from "./sources.ts";

/** The third-party parts of the two programs, each once. */
export interface ProgramParts {
  readonly parts: readonly Part[];
  /** The names of those that are in the command line, and in PID 1. */
  readonly cli: readonly string[];
  readonly pid1: readonly string[];
}

/** Lists the libraries that the programs were just built from on this machine. */
export async function listProgramParts(): Promise<ProgramParts> {
  const [cliPackages, pid1Packages] = await Promise.all(
    ["src/cli/main.ts", "src/pid1/main.ts"].map(listBundledPackages),
  );
  const system = await listSystemParts();
  const cliParts = [...system, ...describeLibraries(true)];
  const pid1Parts = [...system, ...describeLibraries(false)];
  const packages = [...new Set([...(cliPackages ?? []), ...(pid1Packages ?? [])])];
  const nameAll = (parts: readonly Part[]) => parts.map(({ name }) => name);
  return {
    // The command line links all that PID 1 does.
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
async function listSystemParts(): Promise<readonly Part[]> {
  const multiarch = (await run("gcc", ["-print-multiarch"])).trim();
  const libc = `/usr/lib/${multiarch.replace(/-gnu$/, "-musl")}/libc.a`;
  const libgcc = (await run("gcc", ["-print-libgcc-file-name"])).trim();
  return [
    await describeArchive("musl", libc, "MIT"),
    await describeArchive("libgcc", libgcc, "GPL-3.0-or-later WITH GCC-exception-3.1"),
    await describeHeaders(),
  ];
}

async function describeArchive(name: string, file: string, license: string): Promise<Part> {
  const owner = (await run("dpkg-query", ["-S", file])).split(": ")[0] ?? "";
  const hex = hashBytes(readFileSync(file));
  return {
    ...(await describeDebian(owner, license)),
    ...{ name, hash: { algorithm: "SHA-256", hex } },
  };
}

/** The kernel's interface: numbers and structures, no code. */
async function describeHeaders(): Promise<Part> {
  const license = "GPL-2.0-only WITH Linux-syscall-note";
  return { ...(await describeDebian("linux-libc-dev", license)), hash: undefined };
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
