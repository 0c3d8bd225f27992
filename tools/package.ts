import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { projectRoot } from "./bundle.ts";
import {
  dateRelease,
  parseChangelog,
  type Release,
  renderDebianChangelog,
} from "./debian-changelog.ts";
import { buildDebugExtension } from "./extension.ts";
import { hashBytes } from "./hash.ts";
import { type Part, renderBom } from "./sbom.ts";
import { listProgramParts } from "./sbom-parts.ts";

const dist = join(projectRoot, "dist");
const stage = join(dist, "package");
const scripts = ["preinst", "postinst", "prerm", "postrm"];

/** The destinations of files of the checkout; all others are created by `stageMade`. */
const copies: readonly (readonly [from: string, to: string, mode: number])[] = [
  ["dist/exitrd", "usr/bin/exitrd", 0o755],
  ["dist/exitrd-shutdown", "usr/lib/exitrd/exitrd-shutdown", 0o755],
  ["integration/rebuild/rebuild-image", "usr/lib/exitrd/rebuild-image", 0o755],
  ["integration/systemd/exitrd-load.service", "usr/lib/systemd/system/exitrd-load.service", 0o644],
  ["integration/initramfs-tools/hooks/exitrd", "usr/share/initramfs-tools/hooks/exitrd", 0o755],
  [
    "integration/initramfs-tools/scripts/init-bottom/exitrd",
    "usr/share/initramfs-tools/scripts/init-bottom/exitrd",
    0o755,
  ],
  ["packaging/debian/copyright", "usr/share/doc/exitrd/copyright", 0o644],
  ["packaging/debian/lintian-overrides", "usr/share/lintian/overrides/exitrd", 0o644],
];

/**
 * Builds both programs, dist/exitrd_<version>_<architecture>.deb, and beside it
 * dist/exitrd-debug.sysext.raw; the same tree, the same bytes.
 */
async function buildPackage(): Promise<void> {
  process.umask(0o022);
  await import("./build.ts");
  const release = findRelease();
  const epoch = process.env.SOURCE_DATE_EPOCH ?? String(dateRelease(release));
  rmSync(stage, { recursive: true, force: true });
  for (const [from, to, mode] of copies) put(to, readFileSync(join(projectRoot, from)), mode);
  stageMade(epoch);
  stageDirectories();
  await stageBoms(release.version, Number(epoch));
  const architecture = output("dpkg", ["--print-architecture"]).trim();
  stageControl(release.version, architecture);
  const deb = join(dist, `exitrd_${release.version}_${architecture}.deb`);
  const args = ["--root-owner-group", "-Zxz", "--build", stage, deb];
  execFileSync("dpkg-deb", args, {
    env: { ...process.env, SOURCE_DATE_EPOCH: epoch },
    stdio: "pipe",
  });
  const debug = join(dist, "exitrd-debug.sysext.raw");
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
  for (const page of ["exitrd.8", "exitrd.conf.5", "exitrd-build.conf.5"]) {
    const text = output("scdoc", [], { SOURCE_DATE_EPOCH: epoch }, read(`man/${page}.scd`));
    put(`usr/share/man/man${page.at(-1)}/${page}.gz`, compress(text), 0o644);
  }
  const changelog = renderDebianChangelog(parseChangelog(read("CHANGELOG.md")));
  put("usr/share/doc/exitrd/changelog.gz", compress(changelog), 0o644);
  const lib = join(stage, "usr/lib/exitrd");
  const build = ["build", "--shutdown", join(lib, "exitrd-shutdown")];
  // Without SOURCE_DATE_EPOCH, as an administrator's own 'exitrd build' is run:
  // that gives the bytes that the package ships.
  output(join(stage, "usr/bin/exitrd"), [...build, "--output", join(lib, "exitrd.img")], {});
}

/** Where administrators put their files, and where images that are built or signed here go. */
function stageDirectories(): void {
  for (const path of ["etc/exitrd/trusted.d", "etc/exitrd.conf.d", "var/lib/exitrd"]) {
    mkdirSync(join(stage, path), { recursive: true });
  }
}

/** One for the package, one for the image alone; both also beside the package. */
async function stageBoms(version: string, epoch: number): Promise<void> {
  const { parts, cli, pid1 } = await listProgramParts();
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
    writeFileSync(join(dist, name), text);
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
  put("DEBIAN/md5sums", sums.join(""), 0o644);
  const multiarch = output("dpkg-architecture", ["-qDEB_HOST_MULTIARCH"]).trim();
  const triggers = read("packaging/debian/triggers").replaceAll("@MULTIARCH@", multiarch);
  put("DEBIAN/triggers", triggers, 0o644);
  for (const name of scripts) put(`DEBIAN/${name}`, read(`packaging/debian/${name}`), 0o755);
}

function put(path: string, data: string | Uint8Array, mode: number): void {
  const target = join(stage, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, data);
  chmodSync(target, mode);
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

/** No name and no time in the header: gzip -9n. */
function compress(text: string): Uint8Array {
  return gzipSync(text, { level: 9 });
}

/** Every plain file below `dir`, sorted. */
function listFiles(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

await buildPackage();
