import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { run } from "../../tools/run.ts";
import { buildPrograms, type Programs, runProgram } from "./exitrd-program.ts";
import { buildScript, type Outcome, runCommand } from "./native-program.ts";

const inits = cacheDir("test-native", "inits");
const image = join(cacheDir("test-native"), "old-root.img");
let programs: Programs;
let hold: string;

beforeAll(async () => {
  programs = await buildPrograms();
  hold = await buildScript("hold", "musl");
  // Prints whether the old root can be unmounted, and releases nothing.
  const stub = await buildScript("old-root", "musl", true);
  const built = runProgram(programs.exitrd, ["build", "--shutdown", stub, "--output", image]);
  expect(built.stderr).toContain("built");
  mkdirSync(inits, { recursive: true });
  for (const name of ["init", "runit"]) {
    const source = join(import.meta.dirname, "fake-init.c");
    await run("musl-gcc", ["-Os", "-static", "-Wall", "-Werror", "-o", join(inits, name), source]);
  }
}, 300_000);

// A root and a /run for a machine whose PID 1 is $2.
const setUp = `set -eu
mount --make-rprivate /
mount --rbind / "$1/root"
mount -t proc proc "$1/root/proc"
mount --bind "$1/run" "$1/root/run"
mkdir "$1/run/old"
cd "$1/root"
pivot_root . run/old
umount -l run/old
rmdir run/old
exec "$2" "$3"`;

/** The output of a machine whose init runs `script`, and the result of its last program. */
function boot(init: string, script: string): Outcome {
  const folder = mkdtempSync(join(cacheDir("test-native"), "pivot-"));
  mkdirSync(join(folder, "root"));
  mkdirSync(join(folder, "run"));
  const outer = `mount --make-rprivate / && mount -t tmpfs tmpfs ${folder}/run
timeout -s KILL 50 unshare --pid --fork --mount sh -c '${setUp}' sh ${folder} ${inits}/${init} "$1"
cat ${folder}/run/result 2>/dev/null || true`;
  try {
    return runCommand("unshare", "--mount", "sh", "-c", outer, "sh", script);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const load = () => `${programs.exitrd} load --image ${image} 2>/dev/null`;

test.each(["init", "runit"])("'%s' releases the old root", (init) => {
  const script = `${load()}; ${programs.exitrd} pivot halt; echo not reached`;
  const { stdout } = boot(init, script);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ argv: ["/shutdown", "halt"], verb: "halt\n", oldRoot: "released" },
  });
});

test("an init that another process traces continues, with its previous mounts", () => {
  const script = `${load()}
${hold} 1 >/run/held & until [ -s /run/held ]; do sleep 0.1; done
before=$(cat /proc/self/mountinfo)
${programs.exitrd} pivot halt 2>&1
echo "status $?"
[ "$before" = "$(cat /proc/self/mountinfo)" ] && echo the same mounts
ls /run/exitrd
kill $!`;
  const { stdout } = boot("runit", script);
  expect(stdout.split("\n")).toEqual([
    "exitrd: cannot replace 'runit': by ptrace: Operation not permitted: continuing without exitrd",
    ...["status 1", "the same mounts", "init goes on", ""],
  ]);
});
