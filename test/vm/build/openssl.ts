import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { debianMirror } from "../../../tools/mirror.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "./atomic.ts";

const libraries = "usr/lib/x86_64-linux-gnu";
const loader = "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2";

/**
 * Returns a tar with Debian 12's openssl(1), its libraries, its loader as `ld.so`, and its
 * configuration: the guests do not have the package, and need nothing else of it.
 */
export async function provideOpenssl(): Promise<string> {
  const folder = join(cacheDir("vm"), "openssl-bookworm");
  await provideFolder(folder, async (partial) => {
    const [from, to] = [join(partial, "from"), join(partial, "to")];
    const how = ["--variant=extract", "--include=openssl", "--format=directory"];
    await run("mmdebstrap", [...how, "bookworm", from, debianMirror()]);
    mkdirSync(to);
    const copy = (source: string, name: string) =>
      cpSync(join(from, source), join(to, name), { dereference: true });
    copy("usr/bin/openssl", "openssl");
    copy("etc/ssl/openssl.cnf", "openssl.cnf");
    copy(loader, "ld.so");
    for (const name of ["libssl.so.3", "libcrypto.so.3"]) copy(join(libraries, name), name);
    copy("lib/x86_64-linux-gnu/libc.so.6", "libc.so.6");
    await run("tar", ["--owner=0", "--group=0", "-C", to, "-cf", join(partial, "tree.tar"), "."]);
    for (const made of [from, to]) rmSync(made, { recursive: true, force: true });
  });
  return join(folder, "tree.tar");
}
