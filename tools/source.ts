import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { commands } from "../src/cli/commands.ts";
import { findPackage, listBundledFiles, projectRoot } from "./bundle.ts";
import { dateRelease, parseChangelog, renderDebianChangelog } from "./debian-changelog.ts";
import { listLibraries } from "./libraries.ts";
import { shippedPrograms } from "./program.ts";
import {
  renderBashCompletion,
  renderFishCompletion,
  renderZshCompletion,
} from "./render-completions.ts";
import {
  makeBuildPlan,
  openSources,
  placeSource,
  type VendoredSource,
} from "./source/build-plan.ts";

const dist = join(projectRoot, "dist");

/**
 * Writes a release tarball, from which `make` builds without a network, and Debian's source package
 * of it. The same commit gives the same bytes.
 */
async function buildSource(): Promise<void> {
  process.umask(0o022);
  const [release] = parseChangelog(read("CHANGELOG.md"));
  const { version } = JSON.parse(read("package.json"));
  if (release === undefined || release.version !== version) {
    throw new Error(`CHANGELOG.md does not begin with '## [${version}] - <date>': add it`);
  }
  const epoch = dateRelease(release);
  const work = join(dist, "source");
  const tree = join(work, `exitrd-${version}`);
  rmSync(work, { recursive: true, force: true });
  copyTracked(tree);
  await addVendored(version, tree);
  const orig = join(work, `exitrd_${version}.orig.tar.xz`);
  pack(tree, orig, epoch);
  copyFileSync(orig, join(dist, `exitrd-${version}.tar.xz`));
  addDebian(tree);
  execFileSync("dpkg-source", ["--build", `exitrd-${version}`], {
    cwd: work,
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) },
    stdio: "pipe",
  });
  for (const name of readdirSync(work).filter((one) => statSync(join(work, one)).isFile())) {
    console.log(`dist/source/${name}: ${Math.ceil(statSync(join(work, name)).size / 1024)} KiB`);
  }
}

function copyTracked(tree: string): void {
  const listed = execFileSync("git", ["ls-files", "-z"], { cwd: projectRoot, encoding: "utf8" });
  for (const name of listed.split("\0").filter((one) => one !== "")) {
    copy(join(projectRoot, name), join(tree, name));
  }
}

async function addVendored(version: string, tree: string): Promise<void> {
  const sources = await openSources(listLibraries(true).map(({ source }) => source));
  const plan = await makeBuildPlan(version, sources);
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  };
  put("vendor/generated/build.mk", plan.text);
  put("vendor/generated/completions/exitrd.bash", renderBashCompletion(commands));
  put("vendor/generated/completions/_exitrd", renderZshCompletion(commands));
  put("vendor/generated/completions/exitrd.fish", renderFishCompletion(commands));
  for (const source of sources) copySource(source, plan.files, tree);
  await copyPackages(tree);
}

/** The files that are compiled, the headers in their folders and those above, and the license. */
function copySource(
  { source, dir }: VendoredSource,
  compiled: readonly string[],
  tree: string,
): void {
  const files = compiled.filter((file) => file.startsWith(`${dir}/`));
  const folders = new Set([...files.flatMap((file) => listAbove(file, dir)), join(dir, "include")]);
  const headers = [...folders].flatMap((folder) =>
    listNames(folder)
      .filter((name) => /\.h$|^(?:COPYING|LICENSE)$/.test(name))
      .map((name) => join(folder, name)),
  );
  const into = join(tree, placeSource(source));
  for (const file of [...files, ...headers]) copy(file, join(into, relative(dir, file)));
}

/** The folders of a file, up to `dir`. */
function listAbove(file: string, dir: string): readonly string[] {
  const folder = dirname(file);
  return folder === dir ? [dir] : [folder, ...listAbove(folder, dir)];
}

/** The files of npm packages that are bundled, as they are published, each package with its license. */
async function copyPackages(tree: string): Promise<void> {
  const bundled = await Promise.all(shippedPrograms.map(({ entry }) => listBundledFiles(entry)));
  const files = bundled.flat();
  const packages = new Set(files.flatMap((file) => findPackage(file) ?? []));
  const beside = [...packages].flatMap((name) =>
    listNames(join(projectRoot, "node_modules", name))
      .filter((file) => /^(?:package\.json|LICENSE.*|CopyrightNotice\.txt)$/i.test(file))
      .map((file) => `node_modules/${name}/${file}`),
  );
  for (const file of [...files, ...beside]) {
    copy(join(projectRoot, file), join(tree, file.replace(/^node_modules/, "vendor/npm")));
    writeMappedSources(file, tree);
  }
}

/** The original sources of a minified file, from its source map. */
function writeMappedSources(file: string, tree: string): void {
  const map = join(projectRoot, `${file}.map`);
  if (!existsSync(map)) return;
  const { sources, sourcesContent } = JSON.parse(readFileSync(map, "utf8")) as {
    readonly sources: readonly string[];
    readonly sourcesContent: readonly string[];
  };
  const name = findPackage(file) ?? "";
  sources.forEach((source, i) => {
    const path = join(tree, "vendor/sources", name, source.replaceAll("../", ""));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, sourcesContent[i] ?? "");
  });
}

/** Files of the binary package, by the names that debhelper knows, and those of the source package. */
function addDebian(tree: string): void {
  const debian = join(tree, "debian");
  cpSync(join(projectRoot, "packaging/debian/source-package"), debian, { recursive: true });
  for (const name of ["preinst", "postinst", "prerm", "postrm", "lintian-overrides"]) {
    copy(join(projectRoot, "packaging/debian", name), join(debian, `exitrd.${name}`));
  }
  for (const name of ["preinst", "postinst", "prerm", "postrm"]) {
    appendFileSync(join(debian, `exitrd.${name}`), "\n#DEBHELPER#\n");
  }
  copy(join(projectRoot, "packaging/debian/copyright"), join(debian, "copyright"));
  copy(join(projectRoot, "packaging/debian/triggers"), join(debian, "exitrd.triggers.in"));
  const changelog = renderDebianChangelog(parseChangelog(read("CHANGELOG.md")));
  writeFileSync(join(debian, "changelog"), changelog.replaceAll(/^(exitrd \([^)]*)\)/gm, "$1-1)"));
  const control = read("packaging/debian/control");
  const description = control.slice(control.indexOf("Description:"));
  const source = readFileSync(join(debian, "control"), "utf8");
  writeFileSync(join(debian, "control"), source.replace("@DESCRIPTION@\n", description));
}

function pack(tree: string, output: string, epoch: number): void {
  const options = [
    ...["--sort=name", `--mtime=@${epoch}`, "--owner=0", "--group=0", "--numeric-owner"],
    ...["--mode=u+rw,go=u-w", "--format=gnu", "-I", "xz -9e -T1"],
  ];
  const names = ["-C", dirname(tree), relative(dirname(tree), tree)];
  execFileSync("tar", [...options, "-cf", output, ...names]);
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, statSync(from).mode & 0o777);
}

function listNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function read(path: string): string {
  return readFileSync(join(projectRoot, path), "utf8");
}

await buildSource();
