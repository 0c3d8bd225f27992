import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { debianMirror } from "../../../tools/mirror.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "../build/atomic.ts";

const suite = "trixie";
const program = "usr/lib/systemd/systemd-shutdown";
const libraries = "usr/lib/x86_64-linux-gnu";
const loader = "ld-linux-x86-64.so.2";

/**
 * Returns a tar with Debian trixie's systemd-standalone-shutdown as /shutdown and its libraries,
 * which is all that a copied initramfs contains of it.
 */
export async function provideStandalone(say: (line: string) => void): Promise<string> {
  const path = join(cacheDir("vm"), `standalone-${suite}`);
  const folder = await provideFolder(path, async (partial) => {
    say(`extracting systemd-standalone-shutdown of ${suite}`);
    const [from, to] = [join(partial, "from"), join(partial, "to")];
    const include = "--include=systemd-standalone-shutdown";
    const how = ["--variant=extract", include, "--format=directory"];
    await run("mmdebstrap", [...how, suite, from, debianMirror()]);
    const copy = (source: string, target: string): void => {
      mkdirSync(dirname(join(to, target)), { recursive: true });
      cpSync(join(from, source), join(to, target), { dereference: true });
    };
    for (const name of ["dev", "sys", "proc", "run", "oldroot", "etc"]) {
      mkdirSync(join(to, name), { recursive: true });
    }
    writeFileSync(join(to, "etc", "initrd-release"), "");
    copy(program, "shutdown");
    copy(`usr/lib64/${loader}`, `lib64/${loader}`);
    const listed = await run(join(from, "usr/lib64", loader), [
      ...["--library-path", join(from, libraries), "--list", join(from, program)],
    ]);
    for (const [, name] of listed.matchAll(/\/(lib[^/ ]*) \(/g)) {
      copy(join(libraries, name ?? ""), join(libraries, name ?? ""));
    }
    await run("tar", ["--owner=0", "--group=0", "-C", to, "-cf", join(partial, "tree.tar"), "."]);
    for (const made of [from, to]) rmSync(made, { recursive: true, force: true });
  });
  return join(folder, "tree.tar");
}
