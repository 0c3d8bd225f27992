import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../tools/bundle.ts";
import { cacheDir } from "../../tools/cache.ts";
import { runProgram } from "./exitrd-program.ts";

let dir: string;
let exitrd: string;

beforeAll(() => {
  dir = mkdtempSync(join(cacheDir("test-native"), "upgrade-"));
  execFileSync("npx", ["tsx", "tools/package.ts"], { cwd: projectRoot, stdio: "pipe" });
  const dist = join(projectRoot, "dist");
  const name = readdirSync(dist).find((file) => /^exitrd_.*\.deb$/.test(file));
  exitrd = join(dir, "exitrd.deb");
  copyFileSync(join(dist, name ?? ""), exitrd);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A package whose one program prints `words`. */
function makePackage(version: string, words: string): string {
  const stage = join(dir, `stage-${version}`);
  for (const path of ["DEBIAN", "usr/bin"]) mkdirSync(join(stage, path), { recursive: true });
  const source = `#include <stdio.h>\nint main(void) { puts("${words}"); return 0; }`;
  const program = join(stage, "usr/bin/exitrd-test-tool");
  execFileSync("gcc", ["-x", "c", "-", "-o", program], { input: source });
  const control = [
    ...["Package: exitrd-test-tool", `Version: ${version}`, "Architecture: all"],
    ...["Maintainer: nobody <nobody@exitrd.invalid>", "Description: a test", ""],
  ];
  writeFileSync(join(stage, "DEBIAN/control"), control.join("\n"));
  const deb = join(dir, `tool-${version}.deb`);
  execFileSync("dpkg-deb", ["--root-owner-group", "--build", stage, deb], { stdio: "pipe" });
  return deb;
}

/** Runs a script in a copy of this machine's root that goes with it. */
function runInCopy(script: string) {
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
mount --bind /dev root/dev
mount -t tmpfs tmpfs root/run
exec chroot root sh -e '${path}'`;
  return runProgram("unshare", ["--mount", "--propagation", "private", "sh", "-ec", setup], {
    ...{ DEBIAN_FRONTEND: "noninteractive", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
  });
}

const image = "/usr/lib/exitrd/exitrd.img";
const tool = "/usr/bin/exitrd-test-tool";
const show = `exitrd inspect ${image} | grep '^copied from exitrd-test' || echo plain`;
const warn = "exitrd status | grep '^warning' || echo fine";

test("an upgrade of a tool, or of exitrd, leaves an image with the tool as it is now", () => {
  const [one, two] = [makePackage("1.0", "one"), makePackage("2.0", "two")];
  const { stdout, stderr, status } = runInCopy(`
exec 3>&1 >/dev/null
dpkg -i '${exitrd}' '${one}'
{ ${show}; } >&3
mkdir -p /etc/exitrd
printf '[Build]\\nTool=${tool}\\n' >/etc/exitrd/build.conf
{ ${warn}; } >&3
dpkg -i '${exitrd}'
{ ${show}; ${warn}; } >&3
dpkg -i '${two}'
{ ${show}; ${warn}; } >&3
mkdir /tmp/tree && cd /tmp/tree && zstd -dcq ${image} | cpio -id --quiet
chroot . ${tool} >&3
ls -A /usr/lib/exitrd >&3
`);
  expect({ stdout: stdout.split("\n"), status }, stderr).toEqual({
    stdout: [
      "plain",
      `warning:  '${tool}', listed in /etc/exitrd/build.conf, is not in the image: run 'exitrd build --configured'`,
      ...["copied from exitrd-test-tool 1.0", "fine"],
      ...["copied from exitrd-test-tool 2.0", "fine", "two"],
      ...["exitrd-shutdown", "exitrd.img", "rebuild-image", ""],
    ],
    status: 0,
  });
});

test("a rebuild that fails is loud, keeps the old image, and lets the upgrade go on", () => {
  const { stdout, stderr, status } = runInCopy(`
exec 3>&1 >/dev/null
dpkg -i '${exitrd}' '${makePackage("1.0", "one")}'
mkdir -p /etc/exitrd
printf '[Build]\\nTool=${tool}\\n' >/etc/exitrd/build.conf
dpkg -i '${exitrd}'
cp ${image} /tmp/before
rm ${tool}
dpkg -i '${exitrd}' 2>&1 | grep -e '^W: ' -e '^exitrd: ' >&3
cmp ${image} /tmp/before && ls -A /usr/lib/exitrd >&3
dpkg-query -W -f '\${db:Status-Status}\\n' exitrd >&3
{ ${warn}; } >&3
rm /etc/exitrd/build.conf
dpkg -i '${exitrd}'
{ ${show}; } >&3
`);
  expect({ stdout: stdout.split("\n"), status }, stderr).toEqual({
    stdout: [
      `exitrd: cannot read '${tool}': No such file or directory`,
      "W: exitrd: the image was not rebuilt, and is as it was: see 'exitrd status'",
      ...["exitrd-shutdown", "exitrd.img", "rebuild-image", "installed"],
      `warning:  '${tool}' of exitrd-test-tool 1.0 was removed after the image was built: run 'exitrd build --configured'`,
      ...["plain", ""],
    ],
    status: 0,
  });
});

test("a trigger takes no time where build.conf asks for nothing", () => {
  const { stdout, status } = runInCopy(`
dpkg -i '${exitrd}' >/dev/null 2>&1
inode=$(stat -c %i ${image})
start=$(date +%s%N)
for i in 1 2 3 4 5 6 7 8 9 10; do /usr/lib/exitrd/rebuild-image; done
echo $((($(date +%s%N) - start) / 10000000))
[ "$(stat -c %i ${image})" = "$inode" ]
`);
  expect(status).toBe(0);
  expect(Number(stdout)).toBeLessThan(100);
});
