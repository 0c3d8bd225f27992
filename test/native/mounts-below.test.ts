import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { buildPrograms, type Programs, runProgram } from "./exitrd-program.ts";
import { type FakeRun, openRun } from "./fake-run.ts";

let programs: Programs;
let dir: string;
let image: string;

beforeAll(async () => {
  programs = await buildPrograms();
  dir = mkdtempSync(join(cacheDir("test-native"), "below-"));
  image = join(dir, "exitrd.img");
  runProgram(programs.exitrd, ["build", "--shutdown", programs.shutdown, "--output", image]);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/**
 * The state that dracut leaves on a live system: a medium, a layer one directory deeper, and a
 * file.
 */
async function openLive(name = "live"): Promise<FakeRun> {
  const tree = "/run/initramfs";
  const machine = await openRun(
    "mode=0755",
    `mkdir -p ${tree}/${name} ${tree}/overlay/upper
mount -t tmpfs -o mode=0555 medium ${tree}/${name}; echo medium >${tree}/${name}/file
mount -t tmpfs upper ${tree}/overlay/upper; echo upper >${tree}/overlay/upper/file
: >${tree}/.need_shutdown`,
  );
  onTestFinished(() => machine.close());
  return machine;
}

function load(machine: FakeRun, ...args: readonly string[]) {
  return machine.run(programs.exitrd, "load", "--image", image, ...args);
}

const show = `cd /run/initramfs; cat live/file overlay/upper/file; ls -A
if [ -x shutdown ]; then echo loaded; fi
grep -c ' /run/initramfs' /proc/self/mountinfo`;

test("mounts below /run/initramfs show in the tree, and are still there after unload", async () => {
  const machine = await openLive();
  const look = () => machine.run("sh", "-c", show).stdout.trimEnd().split("\n");
  const before = look();
  expect(before).toEqual(["medium", "upper", ".need_shutdown", "live", "overlay", "2"]);
  expect(load(machine).stderr).toMatch(/^exitrd: loaded /);
  const loaded = look();
  // dracut-initramfs-restore does nothing without this file.
  expect(loaded).not.toContain(".need_shutdown");
  expect(loaded).toEqual(expect.arrayContaining(["medium", "upper", "shutdown", "loaded"]));
  // Mounts: two, the tree, and in it the medium, the directory above the layer, and the layer.
  expect(loaded.at(-1)).toBe("6");
  expect(load(machine).stderr).toMatch(/ is already loaded /);
  expect(machine.run(programs.exitrd, "unload").status).toBe(0);
  expect(look()).toEqual(before);
});

test("if a loaded tree is replaced, they show in the new one", async () => {
  const machine = await openLive();
  load(machine);
  const conf =
    "mkdir -p /run/exitrd.conf.d; printf '[Exitrd]\nTimeout=77s\n' >/run/exitrd.conf.d/a.conf";
  machine.run("sh", "-c", conf);
  expect(load(machine).stderr).toMatch(/^exitrd: loaded /m);
  const lines = machine.run("sh", "-c", show).stdout.trimEnd().split("\n");
  expect(lines).toEqual(expect.arrayContaining(["medium", "upper", "loaded"]));
  expect(lines.at(-1)).toBe("6");
});

test("nothing is loaded if a mount would hide a file of the image", async () => {
  const machine = await openLive("etc");
  expect(load(machine)).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      "^exitrd: cannot load into '/run/initramfs': it would hide what is mounted on '/run/initramfs/etc': ",
    ),
  });
  expect(machine.run("cat", "/run/initramfs/etc/file").stdout).toBe("medium\n");
});
