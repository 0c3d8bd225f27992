import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { projectRoot } from "../../tools/bundle.ts";
import { runCommand } from "./native-program.ts";

const postrm = join(projectRoot, "packaging/debian/postrm");
// 'sort -V' takes a release candidate for the newest.
const versions = ["6.1.0-10", "6.1.0-2", "6.12", "6.12-rc6"];

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "exitrd-postrm-"));
  for (const name of ["bin", "boot", "modules"]) mkdirSync(join(root, name));
  for (const version of versions) {
    writeFileSync(join(root, "boot", `initrd.img-${version}`), "usr/lib/exitrd/exitrd.img\n");
    mkdirSync(join(root, "modules", version));
  }
});

afterEach(() => rmSync(root, { recursive: true }));

/** Removes the package on a machine with these commands only; returns how they were called. */
function remove(tools: Readonly<Record<string, string>>): string {
  for (const [name, body] of Object.entries({ ...tools, ischroot: "true" })) {
    writeFileSync(join(root, "bin", name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }
  for (const name of ["grep", "rm", "cat"]) {
    const from = runCommand("sh", "-c", `command -v ${name}`).stdout.trim();
    runCommand("ln", "-s", from, join(root, "bin", name));
  }
  const binds = `mount --bind ${root}/boot /boot && mount --bind ${root}/modules /lib/modules`;
  const inside = `mkdir -p /boot /lib/modules && ${binds} && PATH=${root}/bin exec /bin/sh ${postrm} remove`;
  return runCommand("unshare", "--mount", "sh", "-c", inside).stdout.trim();
}

const print = (name: string): string => `echo ${name} "$@"`;

const updates = versions.map((version) => `update-initramfs -u -k ${version}`);

test.each([
  [
    "initramfs-tools",
    { lsinitramfs: 'cat "$1"', "update-initramfs": print("update-initramfs") },
    updates,
  ],
  ["dracut 112", { lsinitrd: 'cat "$1"', "update-initramfs": print("update-initramfs") }, updates],
  [
    "dracut 106",
    { lsinitrd: 'cat "$1"', dracut: print("dracut") },
    versions.map((version) => `dracut --quiet --force /boot/initrd.img-${version} ${version}`),
  ],
  ["no generator", {}, []],
])("removal has %s make each initrd that loads exitrd anew", (_, tools, calls) => {
  expect(
    remove(tools)
      .split("\n")
      .filter((line) => line !== ""),
  ).toEqual(calls);
});

test("an initrd without exitrd, and one without its kernel, stay as they are", () => {
  writeFileSync(join(root, "boot/initrd.img-6.12"), "usr/lib/other\n");
  rmSync(join(root, "modules/6.1.0-2"), { recursive: true });
  const tools = { lsinitramfs: 'cat "$1"', "update-initramfs": print("update-initramfs") };
  expect(remove(tools).split("\n")).toEqual([updates[0], updates[3]]);
});

test("the trigger makes the initrd of the newest kernel anew if none could be read", () => {
  const tools = {
    ...{ lsinitramfs: "exit 1", "update-initramfs": print("update-initramfs") },
    ...{ "dpkg-query": "echo installed", "dpkg-trigger": print("dpkg-trigger") },
  };
  const call = "dpkg-trigger --no-await update-initramfs";
  expect(remove(tools)).toBe(`${call}\n${call}`);
});
