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
 * Returns a Debian tree from which the servers run. If their packages were installed on this host,
 * they would be started as its services.
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
