import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { projectRoot } from "../../tools/bundle.ts";
import { cacheDir } from "../../tools/cache.ts";
import type { Ended } from "./exitrd-program.ts";

/** Copies of this machine's root, one for each script, and a folder that all of them share. */
export interface BareCopy {
  readonly dir: string;
  /** Runs a script in a copy that is deleted afterwards. */
  run(script: string): Ended;
  close(): void;
}

export interface MachineCopy extends BareCopy {
  /** The package under test, in `dir`. */
  readonly exitrd: string;
}

/** Copies for scripts that need no package. `files`, from the project, are put into `dir`. */
export function openBareCopy(files: readonly string[] = []): BareCopy {
  const dir = mkdtempSync(join(cacheDir("test-native"), "copy-"));
  for (const file of files) copyFileSync(join(projectRoot, file), join(dir, basename(file)));
  return {
    dir,
    run: (script) => runInCopy(dir, script),
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Builds the package. */
export function openMachineCopy(): MachineCopy {
  const copy = openBareCopy();
  execFileSync("npx", ["tsx", "tools/package.ts"], { cwd: projectRoot, stdio: "pipe" });
  const dist = join(projectRoot, "dist");
  const name = readdirSync(dist).find((file) => /^exitrd_.*\.deb$/.test(file));
  const exitrd = join(copy.dir, "exitrd.deb");
  copyFileSync(join(dist, name ?? ""), exitrd);
  return { ...copy, exitrd };
}

function runInCopy(dir: string, script: string): Ended {
  const path = join(dir, "script");
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  const place = join(dir, "place");
  mkdirSync(place, { recursive: true });
  const setup = `
mount -t tmpfs tmpfs '${place}'
cd '${place}'
mkdir upper work root
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
mkdir -p 'root${dir}'
mount --bind '${dir}' 'root${dir}'
mount --bind /proc root/proc
mount --bind -o ro /sys root/sys
mount --bind /dev root/dev
mount -t tmpfs tmpfs root/run
# The tests may run in a container; the copy is of a machine.
rm -f root/.dockerenv
# What is loaded there is not to be measured into the TPM of whoever runs the test.
[ ! -e /dev/tpmrm0 ] || mount --bind /dev/null root/dev/tpmrm0
exec chroot root sh -e '${path}'`;
  const env = { DEBIAN_FRONTEND: "noninteractive", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
  // A dozen commands, each of which may build an image on a busy machine.
  const options = { encoding: "utf8", timeout: 300_000, env } as const;
  const args = ["--mount", "--propagation", "private", "sh", "-ec", setup];
  const { status, stdout, stderr, error } = spawnSync("unshare", args, options);
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}
