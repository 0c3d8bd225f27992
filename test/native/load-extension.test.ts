import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Identity, OpenSsl } from "../fake/openssl.ts";
import { buildPrograms, type Programs, runProgram } from "./exitrd-program.ts";
import { listTrees, openRun } from "./fake-run.ts";
import { makeRealDiskImage } from "./make-disk-image.ts";

const openssl = new OpenSsl();
afterAll(() => openssl.close());

const vendor = openssl.identity("Vendor", { extensions: [] });
const stranger = openssl.identity("Stranger", { extensions: [] });
const extensions = "/etc/exitrd/extensions";
const release = "ID=exitrd\nSYSEXT_LEVEL=1\nSYSEXT_SCOPE='initrd system'\nSYSEXT_VERSION_ID=3\n";

let programs: Programs;
let image: string;
let count = 0;

beforeAll(async () => {
  programs = await buildPrograms();
  image = join(openssl.dir, "exitrd.img");
  const { exitrd, shutdown } = programs;
  expect(runProgram(exitrd, ["build", "--shutdown", shutdown, "--output", image]).status).toBe(0);
  sign(image, vendor);
});

/** Creates a directory for an extension, with one file `usr/share/NAME`. */
function makeTree(name: string): string {
  const tree = join(openssl.dir, `extension-${count++}`, name);
  mkdirSync(join(tree, "usr/lib/extension-release.d"), { recursive: true });
  mkdirSync(join(tree, "usr/share"));
  writeFileSync(join(tree, `usr/lib/extension-release.d/extension-release.${name}`), release);
  writeFileSync(join(tree, `usr/share/${name}`), `of ${name}\n`);
  return tree;
}

function makeSquashfs(tree: string): string {
  const file = `${tree}.raw`;
  execFileSync("mksquashfs", [tree, file, "-quiet", "-no-progress", "-noappend"]);
  return file;
}

function makeErofs(tree: string): string {
  const file = `${tree}.raw`;
  execFileSync("mkfs.erofs", [file, tree], { stdio: "pipe" });
  return file;
}

/** Signs as systemd's tools do: the text of the root hash, without attributes and certificates. */
function makeDiskImage(tree: string, signer: Identity): string {
  const file = join(dirname(tree), "made", `${tree.slice(tree.lastIndexOf("/") + 1)}.raw`);
  mkdirSync(dirname(file));
  const bare = ["-noattr", "-nocerts"];
  makeRealDiskImage(makeSquashfs(tree), file, "root", (rootHash) =>
    openssl.sign(Buffer.from(rootHash), signer, ...bare),
  );
  return file;
}

function sign(file: string, { key, cert }: Identity): void {
  const args = ["sign", "--key", key, "--cert", cert, file];
  expect(runProgram(programs.exitrd, args)).toMatchObject({ status: 0 });
}

function makeSigned(tree: string, signer = vendor): string {
  const file = makeSquashfs(tree);
  sign(file, signer);
  return file;
}

/** A machine that trusts the vendor, with a signed image. */
async function openMachine() {
  const overlay = (path: string, name: string) =>
    `mkdir -p /run/${name}/u /run/${name}/w && mount -t overlay -o lowerdir=${path},upperdir=/run/${name}/u,workdir=/run/${name}/w ${name} ${path}`;
  const setup = [
    overlay("/etc", "etc"),
    overlay("/usr/lib", "lib"),
    `mkdir -p ${extensions} /etc/exitrd/trusted.d /usr/lib/exitrd`,
  ];
  const machine = await openRun("mode=0755,noexec", setup.join(" && "));
  onTestFinished(() => machine.close());
  const copy = (from: string, to: string) => copyFileSync(from, machine.path(to));
  copy(vendor.cert, "/etc/exitrd/trusted.d/vendor.pem");
  copy(image, "/usr/lib/exitrd/exitrd.img");
  copy(`${image}.p7s`, "/usr/lib/exitrd/exitrd.img.p7s");
  const add = (file: string) => {
    const to = `${extensions}/${file.slice(file.lastIndexOf("/") + 1)}`;
    cpSync(file, machine.path(to), { recursive: true, verbatimSymlinks: true });
    if (existsSync(`${file}.p7s`)) copy(`${file}.p7s`, `${to}.p7s`);
  };
  const inTree = (path: string) => {
    const found = machine.path(`/run/initramfs/${path}`);
    return existsSync(found) ? readFileSync(found, "utf8") : undefined;
  };
  const load = () => machine.run(programs.exitrd, "load");
  return { ...machine, machine, add, inTree, load };
}

function countLoops(): number {
  return runProgram("losetup", ["--noheadings", "--list"]).stdout.split("\n").length;
}

describe("signed extensions", () => {
  test("of every format are in the tree, and status lists them", async () => {
    const before = countLoops();
    const { add, load, inTree, run, machine } = await openMachine();
    add(makeSigned(makeTree("squash")));
    const erofs = makeErofs(makeTree("ero"));
    sign(erofs, vendor);
    add(erofs);
    add(makeDiskImage(makeTree("disk"), vendor));
    const first = load();
    expect(first.status).toBe(0);
    for (const name of ["disk", "ero", "squash"]) {
      expect(inTree(`usr/share/${name}`)).toBe(`of ${name}\n`);
      expect(first.stderr).toContain(
        `exitrd: loaded sysext ${name} 3 of '${extensions}/${name}.raw', signed by 'Vendor'\n`,
      );
    }
    expect(first.stderr).not.toContain("cannot");
    expect(countLoops()).toBe(before);
    const trees = listTrees(machine);
    expect(load().stderr).toContain("already loaded");
    expect(listTrees(machine)).toEqual(trees);
    const status = JSON.parse(run(programs.exitrd, "status", "--json").stdout).result;
    const signer = "Vendor";
    expect(status).toMatchObject({
      loaded: { state: "ours" },
      extensions: { loaded: [{ name: "disk", signer }, { name: "ero" }, { name: "squash" }] },
    });
    expect(run("touch", "/run/initramfs/usr/share/x").stderr).toContain("Read-only file system");
  });

  test("cause the tree to be replaced when they are added or removed", async () => {
    const { add, load, inTree, run } = await openMachine();
    load();
    expect(inTree("extensions.json")).toBeUndefined();
    add(makeSigned(makeTree("one")));
    expect(load().stderr).toContain("exitrd: loaded ");
    expect(inTree("usr/share/one")).toBe("of one\n");
    run("rm", `${extensions}/one.raw`);
    expect(load().stderr).toContain("exitrd: loaded ");
    expect(inTree("usr/share/one")).toBeUndefined();
    expect(inTree("extensions.json")).toBeUndefined();
  });

  test("contain programs that can be executed there", async () => {
    const { add, load, run } = await openMachine();
    const tree = makeTree("tools");
    mkdirSync(`${tree}/usr/bin`);
    copyFileSync(programs.exitrd, `${tree}/usr/bin/tool`);
    chmodSync(`${tree}/usr/bin/tool`, 0o755);
    add(makeSigned(tree));
    load();
    const ran = run("/run/initramfs/usr/bin/tool", "version");
    expect(ran.stdout).toBe("exitrd 0.0.0+test\n");
  });
});

describe("the image is loaded without an extension that is", () => {
  const spoilDisk = (at: number) => {
    const file = makeDiskImage(makeTree("x"), vendor);
    const bytes = readFileSync(file);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    return file;
  };
  const spoilTree = (spoil: (tree: string) => void) => {
    const tree = makeTree("x");
    spoil(tree);
    return makeSigned(tree);
  };

  test.each<[string, () => string, RegExp]>([
    ["not signed", () => makeSquashfs(makeTree("x")), /no signature '.*x\.raw\.p7s'/],
    ["signed by a stranger", () => makeSigned(makeTree("x"), stranger), /not trusted/],
    [
      "changed after it was signed",
      () => {
        const file = makeSigned(makeTree("x"));
        const bytes = readFileSync(file);
        bytes[200] = (bytes[200] ?? 0) ^ 1;
        writeFileSync(file, bytes);
        return file;
      },
      /its signature does not match this file/,
    ],
    [
      "truncated",
      () => {
        const file = makeSigned(makeTree("x"));
        truncateSync(file, 2048);
        return file;
      },
      /its signature does not match this file/,
    ],
    [
      "with another one's signature",
      () => {
        const file = makeSquashfs(makeTree("x"));
        copyFileSync(`${makeSigned(makeTree("y"))}.p7s`, `${file}.p7s`);
        return file;
      },
      /its signature does not match this file/,
    ],
    ["a directory", () => makeTree("x"), /a directory cannot be signed/],
    [
      "a disk image with changed contents",
      () => spoilDisk(1024 * 1024 + 300),
      /do not match the signed root hash/,
    ],
    [
      "a disk image with a changed salt",
      () => spoilDisk(2 * 1024 * 1024 + 90),
      /do not match the signed root hash/,
    ],
    [
      "a disk image that a stranger signed",
      () => makeDiskImage(makeTree("x"), stranger),
      /the signer's certificate is neither in the signature nor trusted/,
    ],
    [
      "a disk image without its signature partition",
      () => {
        const file = makeDiskImage(makeTree("x"), vendor);
        execFileSync("sfdisk", ["--quiet", "--delete", file, "3"], { stdio: "pipe" });
        return file;
      },
      /no signature '.*x\.raw\.p7s'/,
    ],
    [
      "a disk image cut off",
      () => {
        const file = makeDiskImage(makeTree("x"), vendor);
        truncateSync(file, 2 * 1024 * 1024);
        return file;
      },
      /it is truncated/,
    ],
    [
      "signed, with a link that leads out",
      () => spoilTree((tree) => symlinkSync("../../../etc", `${tree}/usr/x`)),
      /'usr\/x' is a symbolic link/,
    ],
    [
      "signed, with set-user-id",
      () => spoilTree((tree) => chmodSync(`${tree}/usr/share/x`, 0o4755)),
      /has set-user-id/,
    ],
    [
      "signed, with a device node",
      () => spoilTree((tree) => execFileSync("mknod", [`${tree}/usr/x`, "c", "1", "1"])),
      /is a device node/,
    ],
    [
      "signed, for another system",
      () =>
        spoilTree((tree) =>
          writeFileSync(
            `${tree}/usr/lib/extension-release.d/extension-release.x`,
            "ID=debian\nSYSEXT_SCOPE=initrd\n",
          ),
        ),
      /has ID=debian, expected 'exitrd'/,
    ],
    [
      "signed, with the image's own file",
      () => spoilTree((tree) => writeFileSync(`${tree}/shutdown`, "")),
      /'shutdown' is reserved for exitrd/,
    ],
  ])("%s", async (_, make, words) => {
    const before = countLoops();
    const { add, load, inTree, run } = await openMachine();
    add(makeSigned(makeTree("good")));
    add(make());
    const result = load();
    expect(result.status).toBe(0);
    const lines = result.stderr.split("\n").filter((line) => line.includes("cannot"));
    expect(lines).toEqual([
      expect.stringMatching(/^exitrd: cannot load extension '.*': .*: .*, ignoring$/),
    ]);
    expect(lines[0]).toMatch(words);
    expect(inTree("shutdown")).toBeDefined();
    expect(inTree("usr/share/good")).toBe("of good\n");
    expect(inTree("usr/share/x")).toBeUndefined();
    const status = JSON.parse(run(programs.exitrd, "status", "--json").stdout).result;
    expect(status).toMatchObject({ loaded: { state: "ours" }, extensions: { refused: [{}] } });
    expect(countLoops()).toBe(before);
  });
});

test("a missing /dev/loop-control is created", async () => {
  const { add, load, inTree, run } = await openMachine();
  add(makeSigned(makeTree("early")));
  const loops = Array.from({ length: 64 }, (_, i) => `mknod /dev/loop${i} b 7 ${i}`);
  const setup = ["mount -t tmpfs dev /dev", "mknod /dev/null c 1 3", ...loops];
  expect(run("sh", "-ec", setup.join("\n")).status).toBe(0);
  expect(load().stderr).not.toContain("cannot");
  expect(inTree("usr/share/early")).toBe("of early\n");
});

test("with Verify=off an unsigned file and a directory are accepted", async () => {
  const { add, load, inTree, path } = await openMachine();
  add(makeTree("directory"));
  add(makeSquashfs(makeTree("plain")));
  writeFileSync(path("/etc/exitrd.conf"), "[Exitrd]\nVerify=off\n");
  expect(load().stderr).toContain(`plain.raw', not signed\n`);
  expect(inTree("usr/share/directory")).toBe("of directory\n");
  expect(inTree("usr/share/plain")).toBe("of plain\n");
});
