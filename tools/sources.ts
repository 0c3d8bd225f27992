import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openPrivateApt } from "./apt.ts";
import { cacheDir } from "./cache.ts";
import { hashBytes } from "./hash.ts";
import { run } from "./run.ts";

/** A source package of Debian trixie, pinned to one upstream tarball. */
export interface Source {
  readonly name: string;
  readonly version: string;
  readonly tarball: string;
  readonly sha256: string;
  /** The SPDX license of the compiled files; packaging/debian/copyright has the text. */
  readonly license: string;
}

export const quickjs: Source = {
  name: "quickjs",
  version: "2025.04.26",
  tarball: "quickjs_2025.04.26.orig.tar.xz",
  sha256: "ec81da5b3249ed648dbc7df4a1654988910e66a118d9b71cb63534216efcfbbe",
  license: "MIT",
};

export const libzstd: Source = {
  name: "libzstd",
  version: "1.5.7",
  tarball: "libzstd_1.5.7+dfsg.orig.tar.xz",
  sha256: "0c092ef267edce57ba7f3f2645c861f72eaf5e76273c6c3632869423464b90a5",
  license: "BSD-3-Clause",
};

export const zlib: Source = {
  name: "zlib",
  version: "1.3.1",
  tarball: "zlib_1.3.dfsg+really1.3.1.orig.tar.gz",
  sha256: "60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb",
  license: "Zlib",
};

export const libmd: Source = {
  name: "libmd",
  version: "1.1.0",
  tarball: "libmd_1.1.0.orig.tar.xz",
  sha256: "1bd6aa42275313af3141c7cf2e5b964e8b1fd488025caf2f971f43b00776b332",
  license: "BSD-3-Clause",
};

/**
 * Downloads one tarball with apt, which checks the archive's signature, into `into`.
 *
 * `--tar-only`: a mirror may have dropped the .dsc of a version that it still lists, and only the
 * tarball is needed.
 */
async function download(source: Source, into: string): Promise<void> {
  const apt = await openPrivateApt("deb-src", "trixie", "amd64");
  await apt.run(["source", "--download-only", "--tar-only", source.name], into);
}

/**
 * Returns the folder of an unpacked source, downloaded on first use.
 *
 * Throws, and keeps nothing, if apt's tarball is not the pinned one.
 */
export async function fetchSource(source: Source): Promise<string> {
  const parent = cacheDir("sources");
  const unpacked = join(parent, `${source.name}-${source.sha256.slice(0, 16)}`);
  if (existsSync(unpacked)) return unpacked;

  const staging = mkdtempSync(join(parent, ".new-"));
  try {
    await download(source, staging);
    const tarball = join(staging, source.tarball);
    if (!existsSync(tarball)) {
      throw new Error(
        `apt downloaded ${readdirSync(staging).join(", ")} for '${source.name}', not the pinned '${source.tarball}'`,
      );
    }
    const sha256 = hashBytes(readFileSync(tarball));
    if (sha256 !== source.sha256) {
      throw new Error(
        `'${source.tarball}' has SHA-256 ${sha256}, but ${source.sha256} is pinned in tools/sources.ts`,
      );
    }
    const tree = join(staging, "tree");
    await run("mkdir", [tree]);
    await run("tar", ["-xf", tarball, "-C", tree, "--strip-components=1", "--no-same-owner"]);
    moveIntoPlace(tree, unpacked);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return unpacked;
}

/** Renames; it is not an error if another process has created the same result first. */
export function moveIntoPlace(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}
