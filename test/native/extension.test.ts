import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { buildDebugExtension } from "../../tools/extension.ts";
import { buildPrograms, type Programs, runProgram } from "./exitrd-program.ts";
import { makeRealDiskImage } from "./make-disk-image.ts";

let programs: Programs;
let dir: string;

beforeAll(async () => {
  programs = await buildPrograms();
  dir = mkdtempSync(join(cacheDir("test-native"), "extension-"));
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

const types = ["squashfs", "erofs"] as const;
const goodRelease = "ID=exitrd\nSYSEXT_LEVEL=1\nSYSEXT_SCOPE=initrd\nSYSEXT_VERSION_ID=1\n";

/** Creates a directory with a release and one file, and applies `spoil` to it. */
function makeTree(name: string, spoil: (tree: string) => void = () => {}): string {
  const tree = join(dir, `tree-${Math.random()}`, name);
  const release = `usr/lib/extension-release.d/extension-release.${name}`;
  for (const [path, text] of [
    [release, goodRelease],
    ["usr/share/note", "of an extension\n"],
  ] as const) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  spoil(tree);
  return tree;
}

function makeFile(type: (typeof types)[number], tree: string): string {
  const file = `${tree}.raw`;
  if (type === "erofs") execFileSync("mkfs.erofs", ["-zlz4", file, tree], { stdio: "pipe" });
  else execFileSync("mksquashfs", [tree, file, "-quiet", "-no-progress", "-noappend"]);
  return file;
}

function build(...paths: readonly string[]) {
  const output = join(dir, "exitrd.img");
  rmSync(output, { force: true });
  const options = paths.flatMap((path) => ["--sysext", path]);
  const args = ["build", "--shutdown", programs.shutdown, "--output", output, ...options];
  return { ...runProgram(programs.exitrd, args), output };
}

function inspect(image: string) {
  const { stdout } = runProgram(programs.exitrd, ["inspect", "--json", image]);
  return JSON.parse(stdout).result as {
    readonly extensions: readonly object[];
    readonly entries: readonly { readonly path: string; readonly sha256?: string }[];
  };
}

/** Counts loop devices: without a detach they would pile up. */
function countLoops(): number {
  return runProgram("losetup", ["--noheadings", "--list"]).stdout.split("\n").length;
}

describe.each([...types, "directory"] as const)("a real %s", (type) => {
  const make = (tree: string) => (type === "directory" ? tree : makeFile(type, tree));

  test("is part of the image, with its name, version and digest", () => {
    const before = countLoops();
    const path = make(makeTree("demo"));
    const result = build(path);
    expect(result).toMatchObject({ status: 0, stderr: expect.stringContaining("built") });
    const { extensions, entries } = inspect(result.output);
    const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(extensions).toEqual([{ name: "demo", class: "sysext", version: "1", sha256 }]);
    expect(entries).toContainEqual({
      ...{
        type: "file",
        path: "usr/share/note",
        mode: "0444",
        sizeBytes: 16,
        origin: null,
        target: null,
      },
      sha256: execFileSync("sha256sum", { input: "of an extension\n", encoding: "utf8" }).slice(
        0,
        64,
      ),
    });
    if (type !== "directory") {
      const [digest = ""] = execFileSync("sha256sum", [path], { encoding: "utf8" }).split(" ");
      expect(extensions).toMatchObject([{ sha256: digest }]);
    }
    expect(countLoops()).toBe(before);
  });

  test.each<[string, (tree: string) => void, RegExp]>([
    [
      "a symbolic link",
      (tree) => symlinkSync("/etc/shadow", `${tree}/usr/x`),
      /'usr\/x' is a symbolic link/,
    ],
    [
      "a link in place of its own directory",
      (tree) => {
        rmSync(`${tree}/usr/lib`, { recursive: true });
        symlinkSync("/usr/lib", `${tree}/usr/lib`);
      },
      /'usr\/lib' is a symbolic link/,
    ],
    [
      "a hard link",
      (tree) => linkSync(`${tree}/usr/share/note`, `${tree}/usr/x`),
      /has a second name/,
    ],
    ["a character device", (tree) => mknod(tree, "c", "1", "3"), /'usr\/x' is a device node/],
    ["a block device", (tree) => mknod(tree, "b", "7", "0"), /'usr\/x' is a device node/],
    ["a FIFO", (tree) => mknod(tree, "p"), /'usr\/x' is a FIFO/],
    [
      "set-user-id",
      (tree) => chmodSync(`${tree}/usr/share/note`, 0o4755),
      /'usr\/share\/note' has set-user-id/,
    ],
    [
      "set-group-id",
      (tree) => chmodSync(`${tree}/usr/share`, 0o2755),
      /'usr\/share' has set-user-id/,
    ],
    [
      "file capabilities",
      (tree) => execFileSync("setcap", ["cap_sys_admin+ep", `${tree}/usr/share/note`]),
      /'usr\/share\/note' has file capabilities/,
    ],
    [
      "a file outside",
      (tree) => writeFileSync(`${tree}/shutdown`, ""),
      /'shutdown' is reserved for exitrd/,
    ],
    [
      "a directory outside",
      (tree) => mkdirSync(`${tree}/etc`),
      /'etc' is not below 'usr\/' or 'opt\/'/,
    ],
    ["a control character", (tree) => writeFileSync(`${tree}/usr/a\x1bb`, ""), /is unsafe/],
    [
      "another name's release",
      (tree) => renameRelease(tree),
      /it has neither 'usr\/lib\/extension-release\.d/,
    ],
    [
      "another system's release",
      (tree) => rewrite(tree, "ID=debian\nSYSEXT_SCOPE=initrd\n"),
      /has ID=debian, expected 'exitrd'/,
    ],
    ["no scope", (tree) => rewrite(tree, "ID=_any\n"), /has no SYSEXT_SCOPE=, expected 'initrd'/],
    [
      "a hook that cannot run",
      (tree) => {
        mkdirSync(`${tree}/usr/lib/exitrd/hooks.d`, { recursive: true });
        writeFileSync(`${tree}/usr/lib/exitrd/hooks.d/10-x`, "#!/bin/bash\n", { mode: 0o755 });
      },
      /the interpreter '\/bin\/bash' of 'usr\/lib\/exitrd\/hooks.d\/10-x'/,
    ],
  ])("with %s is refused in one line, and nothing is built", (_, spoil, words) => {
    const before = countLoops();
    const result = build(make(makeTree("demo", spoil)));
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/^exitrd: cannot add '.*': .*: .*\n$/);
    expect(result.stderr).toMatch(words);
    expect(runProgram("test", ["-e", result.output]).status).toBe(1);
    expect(countLoops()).toBe(before);
  });
});

function mknod(tree: string, ...args: readonly string[]): void {
  execFileSync("mknod", [`${tree}/usr/x`, ...args]);
}

function rewrite(tree: string, text: string): void {
  writeFileSync(`${tree}/usr/lib/extension-release.d/extension-release.${basename(tree)}`, text);
}

function renameRelease(tree: string): void {
  const release = `${tree}/usr/lib/extension-release.d/extension-release`;
  execFileSync("mv", [`${release}.${basename(tree)}`, `${release}.other`]);
}

describe("a file", () => {
  test.each(types)("of a truncated %s is refused", (type) => {
    const noise = (tree: string) =>
      execFileSync("dd", ["if=/dev/urandom", `of=${tree}/usr/noise`, "bs=64k", "count=16"], {
        stdio: "pipe",
      });
    const file = makeFile(type, makeTree("demo", noise));
    const whole = readFileSync(file);
    for (const length of [0, 600, 4096, whole.length >> 1, whole.length - 8192]) {
      writeFileSync(file, whole.subarray(0, length));
      const result = build(file);
      expect(result).toMatchObject({ status: 1, stdout: "" });
      expect(result.stderr).toMatch(/^exitrd: cannot add '.*': .*\n$/);
    }
  });

  test("of another kind is refused", () => {
    const file = join(dir, "odd.raw");
    for (const contents of ["", "hello\n", readFileSync(programs.shutdown)]) {
      writeFileSync(file, contents);
      expect(build(file).stderr).toContain("it is not a squashfs, an erofs or a disk image");
    }
  });
});

describe("a disk image of sfdisk and veritysetup", () => {
  const sign = () => Uint8Array.of(1, 2, 3);

  test.each(["root", "usr"] as const)(
    "with a %s partition is added, verified by its root hash",
    (partition) => {
      const noise = ["if=/dev/urandom", "bs=64k", "count=16"];
      const tree = makeTree("demo", (tree) =>
        execFileSync("dd", [...noise, `of=${tree}/usr/share/noise`], { stdio: "pipe" }),
      );
      const fileSystem = makeFile("squashfs", partition === "root" ? tree : join(tree, "usr"));
      const image = join(dir, "disk", partition, "demo.raw");
      mkdirSync(dirname(image), { recursive: true });
      makeRealDiskImage(fileSystem, image, partition, sign);
      const result = build(image);
      expect(result).toMatchObject({ status: 0 });
      expect(inspect(result.output).entries).toContainEqual(
        expect.objectContaining({ path: "usr/share/noise", sizeBytes: 1024 * 1024 }),
      );
      const changed = readFileSync(image);
      const at = 1024 * 1024 + 300_000;
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(image, changed);
      expect(build(image).stderr).toContain("its contents do not match the signed root hash");
    },
  );
});

test("two with the same file are refused, two others are not, in any order", () => {
  const note = (path: string) => (tree: string) => writeFileSync(`${tree}/${path}`, "x");
  const [one, two] = [makeTree("one"), makeTree("two")];
  expect(build(two, one).stderr).toContain("'usr/share/note' is already in the extension 'one'");
  const other = makeTree("two", (tree) => rmSync(`${tree}/usr/share/note`));
  note("usr/share/other")(other);
  const [a, b] = [build(one, other), build(other, one)];
  expect([a.status, b.status]).toEqual([0, 0]);
  expect(inspect(b.output).extensions).toMatchObject([{ name: "one" }, { name: "two" }]);
});

test("without privileges, a file system is refused with what to do", () => {
  const world = mkdtempSync("/tmp/exitrd-extension-");
  onTestFinished(() => rmSync(world, { recursive: true }));
  chmodSync(world, 0o755);
  for (const [from, to] of [
    [programs.exitrd, "exitrd"],
    [programs.shutdown, "shutdown"],
    [makeFile("squashfs", makeTree("demo")), "demo.raw"],
  ] as const) {
    execFileSync("install", ["-m", "755", from, join(world, to)]);
  }
  const nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
  const args = ["build", "--shutdown", `${world}/shutdown`, "--output", `${world}/x`];
  const command = [`${world}/exitrd`, ...args, "--sysext", `${world}/demo.raw`];
  const result = runProgram("setpriv", [...nobody, ...command]);
  expect(result.status).toBe(1);
  expect(result.stderr).toMatch(/cannot mount its squashfs: .*: run it as root/);
});

test("the debug extension is reproducible, and contains a shell that runs", async () => {
  const architecture = execFileSync("dpkg", ["--print-architecture"], { encoding: "utf8" }).trim();
  const [one, two] = ["one", "two"].map((name) => join(dir, name, "exitrd-debug.sysext.raw"));
  if (one === undefined || two === undefined) throw new Error("no paths");
  for (const output of [one, two]) {
    mkdirSync(dirname(output));
    await buildDebugExtension(output, architecture, "1700000000");
  }
  expect(Buffer.compare(readFileSync(one), readFileSync(two))).toBe(0);
  const result = build(one);
  expect(result).toMatchObject({ status: 0 });
  const tree = join(dir, "unpacked");
  const unpack = `mkdir '${tree}' && cd '${tree}' && zstd -dc '${result.output}' | cpio -id --quiet`;
  execFileSync("sh", ["-ec", unpack]);
  const shell = runProgram("chroot", [tree, "/usr/bin/sh", "-c", "echo $((6 * 7))"]);
  expect(shell).toMatchObject({ status: 0, stdout: "42\n" });
});
