import { describe, expect, test } from "vitest";
import { composeImage } from "../../src/image/compose-image.ts";
import { choosePcrs } from "../../src/image/tpm/measurement.ts";
import { describeLoadFailure } from "../../src/load/load-failure.ts";
import { loadImage } from "../../src/load/load-image.ts";
import { lookAtTarget } from "../../src/load/look-at-target.ts";
import { unloadTree } from "../../src/load/unload.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { refuse } from "../../src/text/checked.ts";
import { isLoaderPath, keptFolder, keptPaths, writtenPaths } from "../../src/text/tree-paths.ts";
import type { Node } from "../fake/fake-files.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, imageInput } from "../fake/image-inputs.ts";
import { unsignedIsFine } from "../fake/verification.ts";

const image = "/usr/lib/exitrd/exitrd.img";
const target = "/run/initramfs";
const extensions = { verify: () => refuse("no"), takesUnsigned: false };
const verification = unsignedIsFine;
const policies = { verification, extensions };
const measuring = { measure: "prefer", pcrs: choosePcrs({}), seal: "no" } as const;
const request = {
  image,
  target,
  force: false,
  configuration: "[Exitrd]\n",
  ...policies,
  ...measuring,
};

function makeHost(): FakeHost {
  const host = new FakeHost();
  host.putFile(image, makeImage(imageInput, 0, fakeCodec));
  return host;
}

/** Whether systemd would pivot into the target. */
function isLoaded(host: FakeHost): boolean {
  return host.files.isExecutable(`${target}/shutdown`);
}

test("an image is unpacked into a tree that is never swapped, and appears in one step", () => {
  const host = makeHost();
  expect(loadImage(request, host)).toMatchObject({ kind: "loaded", fsType: "tmpfs" });
  expect(host.text(`${target}/etc/initrd-release`)).toContain("ID=exitrd\n");
  const order = ["fsconfig noswap", "tree write shutdown", "seal tmpfs", `mkdir ${target}`];
  const at = [...order, `move_mount ${target}`].map((call) => host.calls.indexOf(call));
  expect(at).toEqual(at.toSorted((a, b) => a - b));
  expect(at[0]).toBeGreaterThan(0);
});

test("SELinux's labels fit into the tree as well, however many files there are", () => {
  const host = makeHost();
  const origin = { file: "/tool" };
  const programs = Array.from({ length: 200 }, (_, i) => {
    return { path: `usr/bin/tool-${i}`, data: imageInput.shutdown, origin, mode: 0o555 };
  });
  host.putFile(image, makeImage({ ...imageInput, programs }, 0, fakeCodec));
  host.labelSize = 85;
  expect(loadImage(request, host)).toMatchObject({ kind: "loaded", fsType: "tmpfs" });
});

describe("a live system of dracut has mounts below the target", () => {
  const line = (id: number, path: string) =>
    `${id} 1 0:${id} / ${path} rw,relatime - iso9660 /dev/sr0 ro\n`;

  function makeLive(...names: readonly string[]): FakeHost {
    const host = makeHost();
    host.putDirectory(target);
    for (const [index, name] of names.entries()) {
      const path = `${target}/${name}`;
      host.putDirectory(path);
      const nodes = new Map<string, Node>([
        [path, { kind: "directory", mode: 0o555, dev: `7:${index}` }],
        [
          `${path}/image`,
          { kind: "file", mode: 0o444, dev: `7:${index}`, data: new Uint8Array(1) },
        ],
      ]);
      host.layers.push({ target: path, nodes, isSealed: () => true });
    }
    const text = names.map((name, index) => line(30 + index, `${target}/${name}`)).join("");
    host.putFile("/proc/self/mountinfo", text);
    return host;
  }

  test("which show in the tree, before and after it is replaced", () => {
    const host = makeLive("live", "overlayfs");
    const seen = () => [isLoaded(host), host.files.status(`${target}/live/image`)?.size];
    expect(loadImage(request, host)).toMatchObject({ kind: "loaded" });
    expect(seen()).toEqual([true, 1]);
    expect(lookAtTarget(target, host.files, host.codec)).toMatchObject({ intact: true });
    expect(loadImage(request, host)).toMatchObject({ kind: "already" });
    const other = { ...request, configuration: "[Exitrd]\nTimeout=9s\n" };
    host.layers.splice(-2);
    expect(loadImage(other, host)).toMatchObject({ kind: "loaded" });
    expect(seen()).toEqual([true, 1]);
  });

  test("which a file of the image must not hide, except with --force", () => {
    const host = makeLive("etc");
    const name = "etc";
    const failure = { kind: "mounts-below", target, name };
    expect(loadImage(request, host)).toEqual({ kind: "failed", failure });
    expect(isLoaded(host)).toBe(false);
    expect(loadImage({ ...request, force: true }, host)).toMatchObject({ kind: "loaded" });
  });

  test("and if one cannot be shown, nothing stays loaded over it", () => {
    const host = makeLive("live");
    host.failures.set(`mount ${target}/live`, "EINVAL");
    expect(loadImage(request, host)).toMatchObject({ kind: "failed" });
    expect(host.files.status(`${target}/live/image`)?.size).toBe(1);
  });
});

test("all paths in a tree besides the image's are reserved for the loader", () => {
  const host = makeHost();
  host.putDirectory(target);
  for (const path of [...keptPaths, `${keptFolder}/x`]) host.putFile(`${target}/${path}`, path);
  host.putFile("/etc/exitrd/extensions/unsigned.raw", "x");
  loadImage(request, host);
  const own = new Set(composeImage(imageInput, fakeCodec.sha256).map(({ path }) => path));
  const written = host.calls.flatMap((call) => /^tree \w+ (.*)/.exec(call)?.[1] ?? []);
  const added = written.filter((path) => !own.has(path));
  const kept = [...keptPaths, keptFolder, `${keptFolder}/x`];
  expect(added.sort()).toEqual([...writtenPaths, ...kept].sort());
  expect(added.every(isLoaderPath)).toBe(true);
});

test("a kernel without noswap gets a ramfs", () => {
  const host = makeHost();
  host.failures.set("fsconfig noswap", "EINVAL");
  expect(loadImage(request, host)).toMatchObject({ kind: "loaded", fsType: "ramfs" });
});

test("loading the same again changes nothing", () => {
  const host = makeHost();
  loadImage(request, host);
  const calls = host.calls.filter((call) => call.startsWith("move_mount"));
  expect(loadImage(request, host).kind).toBe("already");
  expect(host.calls.filter((call) => call.startsWith("move_mount"))).toEqual(calls);
});

test("another version replaces the old one, and nothing is stacked", () => {
  const host = makeHost();
  loadImage(request, host);
  host.putFile(image, makeImage({ ...imageInput, version: "1.2.4" }, 0, fakeCodec));
  expect(loadImage(request, host)).toMatchObject({ kind: "loaded" });
  expect(host.text(`${target}/etc/initrd-release`)).toContain("VERSION_ID=1.2.4");
  expect(host.layers.length).toBe(2);
});

test("the stamps of Debian's initrd stay visible, and nothing else of it", () => {
  const host = makeHost();
  host.putDirectory(target);
  for (const name of ["fsck-root", "fsck.log", "other"]) host.putFile(`${target}/${name}`, name);
  host.putFile(`${target}/fsck-usr`, new Uint8Array(65_537));
  expect(loadImage(request, host).kind).toBe("loaded");
  expect(host.text(`${target}/fsck-root`)).toBe("fsck-root");
  expect(host.text(`${target}/fsck.log`)).toBe("fsck.log");
  expect(host.text(`${target}/other`)).toBeUndefined();
  expect(host.text(`${target}/fsck-usr`)).toBeUndefined();
  expect(loadImage(request, host).kind).toBe("already");
});

describe("what the initrd left for the running system stays visible", () => {
  const ifcfg = "state/etc/sysconfig/network-scripts/ifcfg-eth0";
  const left = ["open-iscsi.interface", "overlayroot.log", "rwtab", ifcfg];

  test("with its modes, also when the tree is loaded again or replaced", () => {
    const host = makeHost();
    host.putDirectory(`${target}/state/etc`, 0o750);
    for (const path of left) host.putFile(`${target}/${path}`, path, 0o600);
    for (const path of [".need_shutdown", "overlayroot.passwd"]) {
      host.putFile(`${target}/${path}`, "x");
    }
    const look = () => {
      for (const path of left) {
        expect(host.text(`${target}/${path}`)).toBe(path);
        expect(host.files.status(`${target}/${path}`)?.mode).toBe(0o600);
      }
      expect(host.files.status(`${target}/state/etc`)?.mode).toBe(0o750);
      expect(host.text(`${target}/.need_shutdown`)).toBeUndefined();
      expect(host.text(`${target}/overlayroot.passwd`)).toBeUndefined();
      expect(lookAtTarget(target, host.files, host.codec)).toMatchObject({ intact: true });
    };
    expect(loadImage(request, host).kind).toBe("loaded");
    look();
    expect(loadImage(request, host).kind).toBe("already");
    look();
    const other = { ...request, configuration: "[Exitrd]\nTimeout=9s\n" };
    expect(loadImage(other, host).kind).toBe("loaded");
    look();
  });

  test("but not without limits, nor through links", () => {
    const host = makeHost();
    host.putFile(`${target}/state/large`, new Uint8Array(65_537));
    host.putFile(`${target}/state/un\nsafe`, "x");
    host.putLink(`${target}/state/link`, "/etc");
    host.putDevice(`${target}/state/device`);
    for (let i = 0; i < 40; i++) {
      host.putFile(`${target}/state/d/${10 + i}`, new Uint8Array(60_000));
    }
    for (let i = 0; i < 1000; i++) host.putFile(`${target}/state/e/${i}`, "");
    expect(loadImage(request, host).kind).toBe("loaded");
    expect(host.files.readDir(`${target}/state`)).toEqual(["d", "e"]);
    expect(host.files.readDir(`${target}/state/d`)).toHaveLength(17);
    expect(host.files.readDir(`${target}/state/e`).length).toBeLessThan(256);
  });

  test("nor if it is no directory, and a mount there is shown instead", () => {
    const host = makeHost();
    host.putFile(`${target}/state`, "x");
    expect(loadImage(request, host).kind).toBe("loaded");
    expect(host.files.status(`${target}/state`)).toBeUndefined();
    const mounted = makeHost();
    mounted.putFile(`${target}/state/below`, "x");
    mounted.layers.push({
      target: `${target}/state`,
      nodes: new Map([[`${target}/state`, { kind: "directory", mode: 0o755, dev: "7:0" }]]),
      isSealed: () => false,
    });
    mounted.putFile("/proc/self/mountinfo", `40 1 0:40 / ${target}/state rw - tmpfs state rw\n`);
    expect(loadImage(request, mounted).kind).toBe("loaded");
    expect(mounted.files.readDir(`${target}/state`)).toEqual([]);
  });
});

test("a link among the stamps is not followed", () => {
  const host = makeHost();
  host.putDirectory(target);
  host.putLink(`${target}/fsck-root`);
  loadImage(request, host);
  expect(host.files.status(`${target}/fsck-root`)).toBeUndefined();
});

describe("another program's exitrd", () => {
  test("is left alone", () => {
    const host = makeHost();
    host.putDirectory(target);
    host.putFile(`${target}/shutdown`, "#!/bin/sh\n", 0o755);
    const result = loadImage(request, host);
    expect(result).toEqual({ kind: "failed", failure: { kind: "taken", target } });
    expect(host.text(`${target}/shutdown`)).toBe("#!/bin/sh\n");
  });

  test("is covered by ours with --force, and visible again after unload", () => {
    const host = makeHost();
    host.putDirectory(target);
    host.putFile(`${target}/shutdown`, "#!/bin/sh\n", 0o755);
    expect(loadImage({ ...request, force: true }, host).kind).toBe("loaded");
    expect(unloadTree(target, host).kind).toBe("unloaded");
    expect(host.text(`${target}/shutdown`)).toBe("#!/bin/sh\n");
  });

  test("is not unloaded", () => {
    const host = makeHost();
    host.putDirectory(target);
    host.putFile(`${target}/manifest.json`, "{}");
    expect(unloadTree(target, host).kind).toBe("not-loaded");
    expect(host.calls).not.toContain(`umount2 ${target}`);
  });
});

test.each([
  ["fsopen tmpfs", "EPERM", "create"],
  ["tree write shutdown", "ENOSPC", "fill"],
  ["seal tmpfs", "EBUSY", "fill"],
  [`mkdir ${target}`, "ENOSPC", "mkdir"],
  [`move_mount ${target}`, "EINVAL", "mount"],
])("when '%s' fails, nothing is left", (call, code, action) => {
  const host = makeHost();
  const before = host.names();
  host.failures.set(call, code);
  expect(loadImage(request, host)).toMatchObject({
    failure: { kind: "system", action, target, error: { code } },
  });
  expect(isLoaded(host)).toBe(false);
  expect(host.names()).toEqual(before);
  expect(host.calls.filter((made) => made.startsWith("close"))).toHaveLength(
    action === "create" ? 0 : 1,
  );
});

describe("when another image cannot replace a tree, the old tree is still there", () => {
  const other = { ...request, configuration: "[Exitrd]\nTimeout=60s\n" };

  test.each([
    [{ [`open ${target}`]: "ENOMEM" }],
    [{ [`move_mount beneath ${target}`]: "ENOSPC" }],
    [{ [`move_mount beneath ${target}`]: "EINVAL", [`move_mount ${target}`]: "ENOMEM" }],
  ])("%j", (failures) => {
    const host = makeHost();
    loadImage(request, host);
    const before = host.names();
    for (const [call, code] of Object.entries(failures)) host.failures.set(call, code);
    expect(loadImage(other, host)).toMatchObject({ failure: { action: "mount" } });
    expect(host.names()).toEqual(before);
    expect(loadImage(request, host).kind).toBe("already");
  });

  test("nor is one missing if the mounts below it cannot be shown", () => {
    const host = makeHost();
    loadImage(request, host);
    const before = host.names();
    host.layers.push({ target: `${target}/live`, nodes: new Map(), isSealed: () => false });
    host.putFile("/proc/self/mountinfo", `40 1 0:40 / ${target}/live rw - tmpfs live rw\n`);
    host.failures.set(`mount ${target}/live`, "ENOSPC");
    const result = loadImage(other, host);
    if (result.kind !== "failed") throw new Error("loaded");
    expect(describeLoadFailure(result.failure)).toMatch(
      "cannot mount on '/run/initramfs': No space left on device: a mount namespace has reached fs.mount-max",
    );
    expect(host.names()).toEqual(expect.arrayContaining(before));
    expect(host.text(`${target}/etc/exitrd.conf`)).toBe(request.configuration);
  });

  test("before Linux 6.5 as well, it is replaced otherwise", () => {
    const host = makeHost();
    loadImage(request, host);
    host.failures.set(`move_mount beneath ${target}`, "EINVAL");
    expect(loadImage(other, host).kind).toBe("loaded");
    expect(loadImage(other, host).kind).toBe("already");
    expect(host.layers).toHaveLength(2);
  });
});

test("a bad image is refused before anything is created", () => {
  const host = makeHost();
  host.machine = "aarch64";
  expect(loadImage(request, host)).toMatchObject({
    failure: { kind: "bad-image", image, problem: { kind: "architecture" } },
  });
  host.putFile(image, "rubbish");
  expect(loadImage(request, host)).toMatchObject({ failure: { problem: { kind: "zstd" } } });
  expect(host.calls.every((call) => call.startsWith("open"))).toBe(true);
});

test("a tree that is incomplete when read again is removed", () => {
  const host = makeHost();
  const { isExecutable } = host.files;
  const files = { ...host.files, isExecutable: () => false };
  expect(loadImage(request, { ...portsOf(host), files })).toMatchObject({
    failure: { kind: "not-there" },
  });
  expect(isExecutable(`${target}/shutdown`)).toBe(false);
});

test("messages have the object, the reason and the action", () => {
  const host = new FakeHost();
  const result = loadImage(request, host);
  if (result.kind !== "failed") throw new Error("loaded nothing");
  expect(describeLoadFailure(result.failure)).toBe(
    `cannot load '${image}': No such file or directory: reinstall the package or run 'exitrd build'`,
  );
});

function portsOf(host: FakeHost) {
  const { files, trees, codec, arithmetic, extensionTrees, machine, tpm, eventLog } = host;
  return { files, trees, codec, arithmetic, extensionTrees, machine, tpm, eventLog };
}
