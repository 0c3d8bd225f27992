import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { debianMirror } from "../../../tools/mirror.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "./atomic.ts";

const usrLib = "usr/lib/x86_64-linux-gnu";
const lib = "lib/x86_64-linux-gnu";
const libraries = [
  ...["libfreeipmi.so.17", "libgcrypt.so.20", "libcrypto.so.3"].map((name) => join(usrLib, name)),
  ...["libreadline.so.8", "libtinfo.so.6", "libgpg-error.so.0", "libm.so.6", "libc.so.6"].map(
    (name) => join(lib, name),
  ),
];

/**
 * Returns a tar with Debian 12's ipmitool(1), its libraries, and its loader as `ld.so`: the guests do
 * not have the package.
 */
export async function provideIpmitool(): Promise<string> {
  const folder = join(cacheDir("vm"), "ipmitool-bookworm");
  await provideFolder(folder, async (partial) => {
    const [from, to] = [join(partial, "from"), join(partial, "to")];
    const how = ["--variant=extract", "--include=ipmitool", "--format=directory"];
    await run("mmdebstrap", [...how, "bookworm", from, debianMirror()]);
    mkdirSync(to);
    const copy = (source: string, name: string) =>
      cpSync(join(from, source), join(to, name), { dereference: true });
    copy("usr/bin/ipmitool", "ipmitool");
    copy(join(lib, "ld-linux-x86-64.so.2"), "ld.so");
    for (const path of libraries) copy(path, path.slice(path.lastIndexOf("/") + 1));
    await run("tar", ["--owner=0", "--group=0", "-C", to, "-cf", join(partial, "tree.tar"), "."]);
    for (const made of [from, to]) rmSync(made, { recursive: true, force: true });
  });
  return join(folder, "tree.tar");
}
