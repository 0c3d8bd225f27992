import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { makeImage } from "../../src/pack/make-image.ts";
import { cacheDir } from "../../tools/cache.ts";
import { fakeCodec, imageInput } from "../fake/image-inputs.ts";
import { buildPrograms, type Programs, runProgram } from "./exitrd-program.ts";
import { type FakeRun, listTrees, openRun, readTree } from "./fake-run.ts";

const debianRun = "mode=0755,nosuid,nodev,noexec,size=10%";
const complete = /^[0-9a-f]{64}$/;
let programs: Programs;
let dir: string;
let image: string;
/** Another image, with the command line as /bin/sh, which can be run here. */
let other: string;

beforeAll(async () => {
  programs = await buildPrograms();
  dir = mkdtempSync(join(cacheDir("test-native"), "load-"));
  [image, other] = [join(dir, "exitrd.img"), join(dir, "other.img")];
  build(image);
  build(other, "--shell", programs.exitrd);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function build(output: string, ...more: readonly string[]): void {
  const args = ["build", "--shutdown", programs.shutdown, "--output", output, ...more];
  const result = runProgram(programs.exitrd, args);
  expect(result.stderr).toMatch(/^exitrd: built '.*' for \S+: \d+ KiB\n$/);
}

async function open(options = debianRun, setup = "true"): Promise<FakeRun> {
  const machine = await openRun(options, setup);
  onTestFinished(() => machine.close());
  return machine;
}

function load(machine: FakeRun, ...args: readonly string[]) {
  return machine.run(programs.exitrd, "load", "--image", ...args);
}

describe("on Debian's noexec /run", () => {
  test("the tree is a mount of its own: complete, executable, read-only, never swapped", async () => {
    const machine = await open();
    const result = load(machine, image);
    expect(result).toMatchObject({ status: 0, stdout: "" });
    expect(result.stderr).toMatch(
      /^exitrd: loaded '.*' into '\/run\/initramfs' \((tmpfs|ramfs), .*\)\n$/,
    );
    expect(readTree(machine)).toMatch(complete);
    const [mount] = listTrees(machine);
    expect(mount).toMatch(
      / rw,nosuid,nodev(,\S*)? - (tmpfs exitrd ro,\S*noswap\S*|ramfs exitrd ro\S*)$/,
    );
    expect(mount).not.toContain("noexec");
    const touch = machine.run("sh", "-c", "echo >/run/initramfs/shutdown");
    expect(touch.stderr).toContain("Read-only file system");
  });

  test("programs in it can be executed", async () => {
    const machine = await open();
    load(machine, other);
    expect(machine.run("/run/initramfs/bin/sh", "version").stdout).toBe("exitrd 0.0.0+test\n");
  });

  test("the mount points exist, and the mark of an initrd", async () => {
    const machine = await open();
    load(machine, image);
    const { stdout } = machine.run("ls", "/run/initramfs", "/run/initramfs/etc");
    expect(stdout.split(/\s+/)).toEqual(
      expect.arrayContaining(["dev", "proc", "sys", "run", "oldroot", "initrd-release"]),
    );
  });

  test("loading again changes nothing; another image replaces the tree", async () => {
    const machine = await open();
    load(machine, image);
    const [mount] = listTrees(machine);
    expect(load(machine, image)).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("already loaded"),
    });
    expect(listTrees(machine)).toEqual([mount]);
    const before = readTree(machine);
    expect(load(machine, other).status).toBe(0);
    expect(readTree(machine)).toMatch(complete);
    expect(readTree(machine)).not.toBe(before);
  });

  test("unload removes it and the directory", async () => {
    const machine = await open();
    load(machine, image);
    expect(machine.run(programs.exitrd, "unload").status).toBe(0);
    expect(machine.run("ls", "-A", "/run").stdout).toBe("");
    expect(machine.run(programs.exitrd, "unload").stderr).toContain("no exitrd is loaded");
  });

  test("status shows it before and after", async () => {
    const machine = await open();
    const status = () => machine.run(programs.exitrd, "status", "--json", "--image", image);
    expect(status()).toMatchObject({ status: 1 });
    load(machine, image);
    expect(JSON.parse(status().stdout).result).toMatchObject({
      image: { state: "good" },
      loaded: { state: "ours", same: true, unswappable: true },
    });
    load(machine, other);
    expect(JSON.parse(status().stdout).result).toMatchObject({ loaded: { same: false } });
  });
});

describe("with other files", () => {
  const stamps =
    "mkdir -m 0700 /run/initramfs && cd /run/initramfs && >fsck-root && echo log >fsck.log";

  test("Debian's fsck stamps stay visible, other files do not", async () => {
    const machine = await open(debianRun, `${stamps} && echo x >other`);
    expect(load(machine, image).status).toBe(0);
    expect(readFileSync(machine.path("/run/initramfs/fsck.log"), "utf8")).toBe("log\n");
    expect(machine.run("ls", "-A", "/run/initramfs").stdout.split("\n")).toEqual(
      expect.not.arrayContaining(["other"]),
    );
    expect(load(machine, image).stderr).toContain("already loaded");
    expect(load(machine, other).status).toBe(0);
    expect(machine.run("test", "-e", "/run/initramfs/fsck-root").status).toBe(0);
    machine.run(programs.exitrd, "unload");
    expect(machine.run("cat", "/run/initramfs/other").stdout).toBe("x\n");
  });

  test("what open-iscsi and dracut left for the running system stays visible, with its modes", async () => {
    const setup = `umask 022; mkdir -p /run/initramfs/state/etc/net && cd /run/initramfs &&
echo eth0 >open-iscsi.interface && echo 'files /etc/net' >rwtab && : >.need_shutdown &&
echo a >state/etc/net/ifcfg-eth0 && echo b >state/etc/net/keys && chmod 600 state/etc/net/keys &&
chmod 750 state/etc && ln -s net state/etc/link`;
    const machine = await open(debianRun, setup);
    const look = () => {
      const { stdout } = machine.run(
        "sh",
        "-c",
        `cd /run/initramfs && cat open-iscsi.interface rwtab && ls -A | grep -c need_shutdown
stat -c '%a %n' open-iscsi.interface && find state -printf '%m %p\\n' | sort -k 2`,
      );
      expect(stdout.trimEnd().split("\n")).toEqual([
        "eth0",
        "files /etc/net",
        "0",
        "644 open-iscsi.interface",
        "755 state",
        "750 state/etc",
        "755 state/etc/net",
        "644 state/etc/net/ifcfg-eth0",
        "600 state/etc/net/keys",
      ]);
      expect(readTree(machine)).toMatch(complete);
    };
    expect(load(machine, image).status).toBe(0);
    look();
    expect(load(machine, image).stderr).toContain("already loaded");
    expect(load(machine, other).status).toBe(0);
    look();
  });

  test("another exitrd is kept, and is covered only with --force", async () => {
    const setup =
      "mkdir /run/initramfs && echo '#!/bin/sh' >/run/initramfs/shutdown && chmod 755 /run/initramfs/shutdown";
    const machine = await open(debianRun, setup);
    const refused = load(machine, image);
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining("--force") });
    expect(machine.run(programs.exitrd, "unload").stderr).toContain("no exitrd is loaded");
    expect(listTrees(machine)).toEqual([]);
    expect(load(machine, image, "--force").status).toBe(0);
    expect(readTree(machine)).toMatch(complete);
    expect(machine.run(programs.exitrd, "unload").status).toBe(0);
    expect(readFileSync(machine.path("/run/initramfs/shutdown"), "utf8")).toBe("#!/bin/sh\n");
  });

  test("a link at /run/initramfs is not followed", async () => {
    const machine = await open(debianRun, "mkdir /run/x && ln -s x /run/initramfs");
    expect(load(machine, image)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("not a directory"),
    });
  });
});

describe("a full /run", () => {
  test("is reported, and nothing is left", async () => {
    const machine = await open("nr_inodes=2", ">/run/file");
    expect(load(machine, image)).toEqual({
      status: 1,
      stdout: "",
      stderr:
        "exitrd: cannot create '/run/initramfs': No space left on device: free some space there and run 'exitrd load'\n",
    });
    expect(readTree(machine)).toBe("none");
  });

  test("does no harm if the directory exists", async () => {
    const setup = "mkdir /run/initramfs && head -c 100000 /dev/zero >/run/file || true";
    const machine = await open("size=16k,nr_inodes=3", setup);
    expect(load(machine, image).status).toBe(0);
    expect(readTree(machine)).toMatch(complete);
  });
});

describe("a bad image is refused in one line, and nothing is created", () => {
  test.each([
    ["none", () => undefined],
    ["an empty one", () => new Uint8Array(0)],
    ["no image at all", () => new TextEncoder().encode("rubbish\n")],
    ["a truncated one", (good: Uint8Array) => good.subarray(0, good.length - 1000)],
    [
      "one flipped bit",
      (good: Uint8Array) => good.map((byte, i) => (i === 100_000 ? byte ^ 4 : byte)),
    ],
  ])("%s", async (_, spoil) => {
    const machine = await open();
    const bad = join(dir, "bad.img");
    const bytes = spoil(readFileSync(image));
    rmSync(bad, { force: true });
    if (bytes !== undefined) writeFileSync(bad, bytes);
    const result = load(machine, bad);
    expect(result.status).toBe(1);
    console.log(result.stderr.replace(dir, "...").trim());
    expect(result.stderr).toMatch(
      /^exitrd: cannot load '.*\/bad.img': .*: (reinstall the package or run 'exitrd build'|name an image that 'exitrd build' wrote)\n$/,
    );
    expect(machine.run("ls", "-A", "/run").stdout).toBe("");
  });

  test("another architecture's", async () => {
    const machine = await open();
    const program = readFileSync(programs.shutdown);
    const foreign =
      process.arch === "x64" ? (["aarch64", 183] as const) : (["x86_64", 62] as const);
    program.writeUInt16LE(foreign[1], 18);
    const [shutdown, output] = [join(dir, "foreign"), join(dir, "foreign.img")];
    writeFileSync(shutdown, program);
    const args = ["build", "--shutdown", shutdown, "--output", output];
    expect(runProgram(programs.exitrd, args).stderr).toContain("is built for another architecture");
    expect(runProgram(programs.exitrd, [...args, "--architecture", foreign[0]]).status).toBe(0);
    const result = load(machine, output);
    expect(result).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`it was built for ${foreign[0]}, but this machine is`),
    });
    expect(runProgram(programs.exitrd, ["inspect", output]).status).toBe(0);
    expect(readTree(machine)).toBe("none");
  });

  test("and the previously loaded tree stays", async () => {
    const machine = await open();
    const copy = join(dir, "copy.img");
    copyFileSync(image, copy);
    load(machine, copy);
    const before = readTree(machine);
    writeFileSync(copy, "rubbish");
    expect(load(machine, copy).status).toBe(1);
    expect(readTree(machine)).toBe(before);
  });
});

test("a tree has space for a security label on each of many files", async () => {
  const hooks = Array.from({ length: 100 }, (_, i) => {
    const file = join(dir, `${String(i).padStart(2, "0")}-hook`);
    writeFileSync(file, "#!/bin/sh\n", { mode: 0o755 });
    return ["--hook", file];
  });
  const many = join(dir, "many.img");
  build(many, "--shell", programs.exitrd, ...hooks.flat());
  const machine = await open();
  expect(load(machine, many).status).toBe(0);
  const inodes = /nr_inodes=(\d+)/.exec(listTrees(machine)[0] ?? "")?.[1];
  // Such a label is set while a file is created, which only a security module can do.
  const script = `import os
for number in range(int(os.popen("find /run/initramfs | wc -l").read()) - 1):
    path = f"/run/like/{number}"
    open(path, "w").close()
    os.setxattr(path, "trusted.label", bytes(36))
print(number)`;
  machine.run("mkdir", "/run/like");
  machine.run("mount", "-t", "tmpfs", "-o", `nr_inodes=${inodes}`, "like", "/run/like");
  const labelled = machine.run("python3", "-c", script);
  expect(labelled.stderr).toBe("");
  expect(Number(labelled.stdout)).toBeGreaterThan(100);
});

test("a large image is loaded, even with large extensions", async () => {
  const [large, unsigned] = [join(dir, "large.img"), join(dir, "unsigned.raw")];
  const origin = { file: "/large" };
  const tool = { path: "usr/bin/large", data: randomBytes(62 * 2 ** 20), origin, mode: 0o555 };
  const input = { ...imageInput, shutdown: readFileSync(programs.shutdown), programs: [tool] };
  const architecture = process.arch === "x64" ? "x86_64" : "aarch64";
  const options = { maxBuffer: 2 ** 28, stdio: "pipe" } as const;
  const compress = (data: Uint8Array) => execFileSync("zstd", ["-1"], { ...options, input: data });
  const entries = { ...input, architecture };
  writeFileSync(large, makeImage(entries, 0, { ...fakeCodec, compress }));
  // The largest file that is read, with the header of a squashfs.
  writeFileSync(unsigned, Buffer.concat([Buffer.from("hsqs"), Buffer.alloc(2 ** 26 - 4)]));
  const hide = "mount -t tmpfs etc /etc && mkdir -p /etc/exitrd/extensions";
  const machine = await open(debianRun, `${hide} && touch /etc/exitrd/extensions/a.raw`);
  machine.run("mount", "--bind", unsigned, "/etc/exitrd/extensions/a.raw");
  const result = load(machine, large);
  expect(result.stderr).toMatch(/^exitrd: cannot load extension '.*a\.raw': .*, ignoring\n/);
  expect(result.status).toBe(0);
  expect(readTree(machine)).toMatch(complete);
});

test("without privileges it prints what to do", async () => {
  const machine = await open();
  const world = machine.path("/run/exitrd.img");
  copyFileSync(image, world);
  const tool = machine.path("/run/exitrd");
  copyFileSync(programs.exitrd, tool);
  machine.run("mount", "-o", "remount,exec", "/run");
  const command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] as const;
  const result = machine.run(...command, "/run/exitrd", "load", "--image", "/run/exitrd.img");
  expect(result).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/Operation not permitted: run it as root/),
  });
});
