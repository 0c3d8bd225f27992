import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { debianMirror } from "../../../tools/mirror.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "./atomic.ts";
import { debianSource } from "./debian-source.ts";
import { hashPath, hashTexts } from "./hash-inputs.ts";

/** Debian 12 has ZFS 2.1 in "bookworm" and 2.3 in "bookworm-backports". */
export type ZfsSuite = "bookworm" | "bookworm-backports";

const libraries: Readonly<Record<ZfsSuite, readonly string[]>> = {
  bookworm: [],
  // Packages that apt would take from bookworm, although the tools need those of the backports.
  "bookworm-backports": ["libuutil3linux", "libnvpair3linux", "libzfs6linux", "libzpool6linux"],
};

/** The packages that a guest needs for ZFS. */
export interface ZfsParts {
  readonly packages: readonly string[];
  readonly sources: readonly string[];
}

const packages = ["linux-image-amd64", "linux-headers-amd64", "initramfs-tools"];

/**
 * Returns the packages of ZFS and their archives. The archive of the modules is built by dkms if it
 * is not cached, in about five minutes.
 */
export async function provideZfs(suite: ZfsSuite, say: (line: string) => void): Promise<ZfsParts> {
  const sources = formatSources(suite);
  const hook = join(import.meta.dirname, "zfs-modules.sh");
  const key = hashTexts([...packages, ...sources, hashPath(hook)]);
  const archive = join(cacheDir("vm"), `zfs-${suite.replaceAll("-", "")}-${key}`);
  await provideFolder(archive, async (partial) => {
    say(`building the ZFS modules of ${suite}`);
    await run("mmdebstrap", [
      "--variant=apt",
      `--include=${[...packages, `zfs-dkms/${suite}`].join(",")}`,
      '--aptopt=APT::Install-Recommends "false"',
      "--dpkgopt=path-exclude=/lib/modules/*/kernel/drivers/*",
      "--dpkgopt=path-exclude=/usr/share/doc/*",
      "--format=null",
      `--customize-hook=sh ${hook} "$1" ${partial}`,
      "bookworm",
      "/dev/null",
      debianMirror(),
      ...sources,
    ]);
  });
  const tools = ["zfsutils-linux", "zfs-initramfs", ...libraries[suite]];
  return {
    packages: ["exitrd-test-zfs-modules", ...tools.map((name) => `${name}/${suite}`)],
    sources: [...sources, `deb [trusted=yes] copy:${archive} ./`],
  };
}

function formatSources(suite: ZfsSuite): readonly string[] {
  const suites = suite === "bookworm" ? [suite] : ["bookworm", suite];
  return suites.map((name) => debianSource(name, "main contrib"));
}
