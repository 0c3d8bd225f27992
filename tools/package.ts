import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { commands } from "../src/cli/commands.ts";
import { projectRoot } from "./bundle.ts";
import {
  dateRelease,
  parseChangelog,
  type Release,
  renderDebianChangelog,
} from "./debian-changelog.ts";
import { buildDebugExtension } from "./extension.ts";
import { hashBytes } from "./hash.ts";
import { listInstalledFiles, listInstalledLinks } from "./installed-files.ts";
import { type CrossArch, readArch } from "./read-arch.ts";
import {
  renderBashCompletion,
  renderFishCompletion,
  renderZshCompletion,
} from "./render-completions.ts";
import { type Part, renderBom } from "./sbom.ts";
import { listProgramParts } from "./sbom-parts.ts";

const dist = join(projectRoot, "dist");
const crossArch = readArch("tools/package.ts");
const programsDir = crossArch === undefined ? "dist" : `dist/${crossArch}`;
const stage = join(projectRoot, programsDir, "package");
/**
 * Emulators that run programs of another architecture here: only its own exitrd can build its
 * image.
 */
const emulators: Readonly<Record<CrossArch | "none", readonly string[]>> = {
  arm64: ["qemu-aarch64-static"],
  none: [],
};
const scripts = ["preinst", "postinst", "prerm", "postrm"];

/**
 * Builds both programs, dist/exitrd_<version>_<architecture>.deb, and exitrd-debug.sysext.raw next
 * to the programs. The same tree gives the same bytes.
 */
async function buildPackage(): Promise<void> {
  process.umask(0o022);
  await import("./build.ts");
  const release = findRelease();
  const epoch = process.env.SOURCE_DATE_EPOCH ?? String(dateRelease(release));
  rmSync(stage, { recursive: true, force: true });
  for (const { from, to, mode } of listInstalledFiles("debian", programsDir)) {
    put(to, readFileSync(join(projectRoot, from)), mode);
  }
  for (const { target, to } of listInstalledLinks("debian")) link(target, to);
  put("usr/share/doc/exitrd/copyright", read("packaging/debian/copyright"), 0o644);
  put("usr/share/lintian/overrides/exitrd", read("packaging/debian/lintian-overrides"), 0o644);
  stageMade(epoch);
  stageCompletions();
  stageSchemas();
  stageDirectories();
  await stageBoms(release.version, Number(epoch));
  const architecture = askDpkg("DEB_HOST_ARCH");
  stageControl(release.version, architecture);
  const deb = join(dist, `exitrd_${release.version}_${architecture}.deb`);
  const args = ["--root-owner-group", "-Zxz", "--build", stage, deb];
  execFileSync("dpkg-deb", args, {
    env: { ...process.env, SOURCE_DATE_EPOCH: epoch },
    stdio: "pipe",
  });
  const debug = join(projectRoot, programsDir, "exitrd-debug.sysext.raw");
  await buildDebugExtension(debug, architecture, epoch);
  for (const made of [deb, debug]) {
    console.log(`${relative(projectRoot, made)}: ${Math.ceil(statSync(made).size / 1024)} KiB`);
  }
}

/** Returns the newest dated release of CHANGELOG.md, which must be package.json's version. */
function findRelease(): Release {
  const { version } = JSON.parse(read("package.json"));
  const [release] = parseChangelog(read("CHANGELOG.md"));
  if (release === undefined || release.version !== version) {
    throw new Error(`CHANGELOG.md does not begin with '## [${version}] - <date>': add it`);
  }
  return release;
}

function stageMade(epoch: string): void {
  for (const page of ["exitrd.8", "exitrd.conf.5", "exitrd-build.conf.5", "exitrd-json.7"]) {
    const text = output("scdoc", [], { SOURCE_DATE_EPOCH: epoch }, read(`man/${page}.scd`));
    // The first line says that there may be tables, for readers that run tbl(1) only then.
    put(`usr/share/man/man${page.at(-1)}/${page}.gz`, compress(`'\\" t\n${text}`), 0o644);
  }
  const changelog = renderDebianChangelog(parseChangelog(read("CHANGELOG.md")));
  put("usr/share/doc/exitrd/changelog.gz", compress(changelog), 0o644);
  const lib = join(stage, "usr/lib/exitrd");
  const build = ["build", "--shutdown", join(lib, "exitrd-shutdown")];
  // Without SOURCE_DATE_EPOCH, like an administrator's own 'exitrd build', which thus gives the
  // bytes that the package ships.
  const command = [join(stage, "usr/bin/exitrd"), ...build, "--output", join(lib, "exitrd.img")];
  const [program = "", ...args] = [...emulators[crossArch ?? "none"], ...command];
  output(program, args, {});
}

/** Installs the completions where each shell looks for them. */
function stageCompletions(): void {
  const completions = {
    "usr/share/bash-completion/completions/exitrd": renderBashCompletion(commands),
    "usr/share/zsh/vendor-completions/_exitrd": renderZshCompletion(commands),
    "usr/share/fish/vendor_completions.d/exitrd.fish": renderFishCompletion(commands),
  };
  for (const [path, text] of Object.entries(completions)) put(path, text, 0o644);
}

/** Installs the schemas for the JSON of every command: exitrd-json(7). */
function stageSchemas(): void {
  for (const name of readdirSync(join(projectRoot, "integration/schemas"))) {
    put(`usr/share/exitrd/schemas/${name}`, read(`integration/schemas/${name}`), 0o644);
  }
}

/**
 * Directories for administrators' files, and for images that are built or signed on the machine.
 */
function stageDirectories(): void {
  const trust = ["etc/exitrd/trusted.d", "etc/exitrd/revoked.d"];
  for (const path of [...trust, "etc/exitrd.conf.d", "var/lib/exitrd"]) {
    mkdirSync(join(stage, path), { recursive: true });
  }
}

/**
 * Writes bills of materials for the package and for the image alone, into the package and next to
 * it.
 */
async function stageBoms(version: string, epoch: number): Promise<void> {
  const { parts, cli, pid1 } = await listProgramParts(crossArch);
  const file = (path: string, contains: readonly string[]): Part => ({
    ...{ kind: "file", name: path, version, license: "MIT", contains },
    hash: { algorithm: "SHA-256", hex: hashBytes(readFileSync(join(stage, path))) },
  });
  const program = file("usr/lib/exitrd/exitrd-shutdown", pid1);
  const image = file("usr/lib/exitrd/exitrd.img", [program.name]);
  const all = [image, program, file("usr/bin/exitrd", cli)];
  const subject: Part = {
    ...{ kind: "library", name: "exitrd", version, license: "MIT", hash: undefined },
    ...{ purl: `pkg:generic/exitrd@${version}`, contains: all.map(({ name }) => name) },
  };
  const inImage = parts.filter(({ name }) => pid1.includes(name));
  const boms = {
    "exitrd.cdx.json": renderBom(subject, [...all, ...parts], epoch),
    "exitrd.img.cdx.json": renderBom(image, [program, ...inImage], epoch),
  };
  for (const [name, text] of Object.entries(boms)) {
    put(`usr/share/doc/exitrd/${name}`, text, 0o644);
    writeFileSync(join(projectRoot, programsDir, name), text);
  }
}

function stageControl(version: string, architecture: string): void {
  const files = listFiles(stage);
  const kib = files.reduce((sum, file) => sum + Math.ceil(statSync(file).size / 1024), 0);
  const sums = files.map((file) => {
    const digest = createHash("md5").update(readFileSync(file)).digest("hex");
    return `${digest}  ${relative(stage, file)}\n`;
  });
  const control = read("packaging/debian/control")
    .replace("@VERSION@", version)
    .replace("@ARCHITECTURE@", architecture)
    .replace("@INSTALLED_SIZE@", String(kib));
  put("DEBIAN/control", control, 0o644);
  put("DEBIAN/conffiles", read("packaging/debian/conffiles"), 0o644);
  put("DEBIAN/md5sums", sums.join(""), 0o644);
  const multiarch = askDpkg("DEB_HOST_MULTIARCH");
  const triggers = read("packaging/debian/triggers").replaceAll("@MULTIARCH@", multiarch);
  put("DEBIAN/triggers", triggers, 0o644);
  for (const name of scripts) put(`DEBIAN/${name}`, read(`packaging/debian/${name}`), 0o755);
}

/** The value of a variable of dpkg-architecture(1) for the package's architecture. */
function askDpkg(name: string): string {
  const host = crossArch === undefined ? [] : ["--host-arch", crossArch];
  return output("dpkg-architecture", [...host, `-q${name}`]).trim();
}

function put(path: string, data: string | Uint8Array, mode: number): void {
  const target = join(stage, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, data);
  chmodSync(target, mode);
}

function link(target: string, path: string): void {
  mkdirSync(dirname(join(stage, path)), { recursive: true });
  symlinkSync(target, join(stage, path));
}

function read(path: string): string {
  return readFileSync(join(projectRoot, path), "utf8");
}

function output(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = "",
): string {
  const { PATH = "" } = process.env;
  return execFileSync(program, args, { input, env: { PATH, ...env }, encoding: "utf8" });
}

/** Like gzip -9n: no name and no time in the header. */
function compress(text: string): Uint8Array {
  return gzipSync(text, { level: 9 });
}

/** All regular files below `dir`, sorted. */
function listFiles(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

await buildPackage();
