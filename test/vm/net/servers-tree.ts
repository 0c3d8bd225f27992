import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { debianMirror } from "../../../tools/mirror.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "../build/atomic.ts";
import { hashTexts } from "../build/hash-inputs.ts";

const packages = [
  "busybox",
  "nbd-server",
  "nfs-ganesha-vfs",
  "qemu-system-common",
  "rpcbind",
  "samba",
  "tgt",
  "tshark",
];

const excludes = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*"];

/**
 * Returns a Debian of which the servers run: they come from packages that would
 * start as services of this machine if they were installed on it.
 */
export async function provideServersTree(say: (line: string) => void): Promise<string> {
  const key = hashTexts([...packages, ...excludes]);
  const folder = await provideFolder(join(cacheDir("vm"), `servers-${key}`), async (partial) => {
    say("installing the servers with mmdebstrap");
    await run("mmdebstrap", [
      "--variant=apt",
      `--include=${packages.join(",")}`,
      ...excludes.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
      "bookworm",
      join(partial, "tree"),
      debianMirror(),
    ]);
  });
  return join(folder, "tree");
}
