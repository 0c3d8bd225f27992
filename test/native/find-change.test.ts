import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { link, makeNewc } from "../fake/make-newc.ts";
import { buildPrograms, type Programs, runProgram } from "./exitrd-program.ts";
import { type FakeRun, listTrees, openRun } from "./fake-run.ts";
import { buildScript } from "./native-program.ts";

const tree = "/run/initramfs";
let programs: Programs;
let checker: string;
let dir: string;
let image: string;

beforeAll(async () => {
  programs = await buildPrograms();
  checker = await buildScript("find-change", "musl");
  dir = mkdtempSync(join(cacheDir("test-native"), "change-"));
  image = join(dir, "exitrd.img");
  const { exitrd, shutdown } = programs;
  copyFileSync(exitrd, join(dir, "10-hook"));
  const sources = ["--shutdown", shutdown, "--hook", join(dir, "10-hook"), "--shell", exitrd];
  const base = join(dir, "initrd");
  writeFileSync(base, makeNewc([link("table", "/proc/mounts")]));
  const options = ["--base", `initrd=${base}`, "--output", image];
  const built = runProgram(exitrd, ["build", ...sources, ...options]);
  expect(built).toMatchObject({ status: 0, stderr: expect.stringContaining("built") });
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A machine with a loaded image, and a stamp of initramfs-tools. */
async function load(): Promise<FakeRun> {
  const setup = "mkdir /run/initramfs && echo x >/run/initramfs/fsck-root";
  const machine = await openRun("mode=0755,noexec", setup);
  onTestFinished(() => machine.close());
  expect(machine.run(programs.exitrd, "load", "--image", image)).toMatchObject({ status: 0 });
  return machine;
}

function sh(machine: FakeRun, script: string) {
  return machine.run("sh", "-c", `cd ${tree} && ${script}`);
}

function check(machine: FakeRun): unknown {
  return JSON.parse(machine.run(checker, tree).stdout);
}

test("a loaded tree matches its manifests, also with systemd's mounts", async () => {
  const machine = await load();
  expect(check(machine)).toBeNull();
  const binds = ["dev", "proc", "sys"].map((name) => `mount --bind /${name} ${name}`);
  sh(machine, `${binds.join(" && ")} && mount --bind / oldroot && mount -t tpmfs x run || true`);
  expect(check(machine)).toBeNull();
});

describe("nothing can be written after loading", () => {
  test("neither there nor through a bind mount, read-only or not", async () => {
    const machine = await load();
    sh(machine, "mkdir /run/alias && mount --bind . /run/alias");
    for (const place of [tree, "/run/alias"]) {
      const written = machine.run("sh", "-c", `echo >>${place}/shutdown`);
      expect(written.stderr).toContain("Read-only file system");
    }
    expect(sh(machine, "mount -o remount,bind,rw /run/alias")).toMatchObject({ status: 0 });
    for (const act of ["echo >>shutdown", "echo >new", "chmod 755 etc", "rm shutdown"]) {
      expect(sh(machine, `cd /run/alias && ${act}`).stderr).toContain("Read-only file system");
    }
    expect(check(machine)).toBeNull();
  });

  test("no other mount shows it", async () => {
    const machine = await load();
    const [, , dev] = listTrees(machine)[0]?.split(" ") ?? [];
    const { stdout } = machine.run("cat", "/proc/self/mountinfo");
    const shown = stdout.split("\n").filter((line) => line.split(" ")[2] === dev);
    expect(shown).toHaveLength(1);
  });
});

// Root can make the whole file system writable again: no kernel refuses that.
describe("changes by root are found", () => {
  test.each([
    ["echo x >>etc/exitrd.conf", { path: "etc/exitrd.conf", what: "size" }],
    ["printf 1 | dd of=shutdown conv=notrunc seek=99 bs=1", { path: "shutdown", what: "digest" }],
    ["printf y >fsck-root", { path: "fsck-root", what: "size" }],
    ["chmod 777 usr/lib/exitrd/hooks.d", { path: "usr/lib/exitrd/hooks.d", what: "mode" }],
    [
      "rm usr/lib/exitrd/hooks.d/10-hook",
      { path: "usr/lib/exitrd/hooks.d/10-hook", what: "missing" },
    ],
    ["echo >usr/lib/exitrd/hooks.d/20-x", { path: "usr/lib/exitrd/hooks.d/20-x", what: "extra" }],
    ["ln -sf /bin/sh bin/sh", { path: "bin/sh", what: "missing" }],
    ["ln -sfn proc/swaps table", { path: "table", what: "target" }],
    ["rm table && echo >table", { path: "table", what: "missing" }],
    ["mv usr proc/usr && ln -s proc/usr usr", { path: "usr", what: "missing" }],
    ["mount -t tmpfs x usr", { path: "usr", what: "mounted" }],
    ["mkdir root && echo >>etc/exitrd.conf", { path: "etc/exitrd.conf", what: "size" }],
    ["mkdir root", { path: "root", what: "extra" }],
    ["rm manifest.json", { path: "manifest.json", what: "manifest" }],
    ["echo >etc/exitrd.loaded.json", { path: "etc/exitrd.loaded.json", what: "manifest" }],
  ])("%s", async (act, change) => {
    const machine = await load();
    expect(sh(machine, "mount -o remount,rw .")).toMatchObject({ status: 0 });
    expect(sh(machine, act)).toMatchObject({ status: 0 });
    expect(check(machine)).toEqual(change);
  });
});
