import { describe, expect, test } from "vitest";
import { describeExtensionProblem } from "../../src/extension/describe-extension-problem.ts";
import { readExtension, type VerifySignature } from "../../src/extension/read-extension.ts";
import { makeVeritySuperblock } from "../../src/image/disk-image/verity.ts";
import { makeRelease } from "../../src/image/release.ts";
import { accept, refuse } from "../../src/text/checked.ts";
import { makeDiskImage, makeVeritySignature, rootTypes } from "../fake/disk-image.ts";
import type { FakeFile } from "../fake/fake-extension-trees.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec } from "../fake/image-inputs.ts";

const host = { release: makeRelease("1.2.3", 1), machine: "x86_64" };
const release = "usr/lib/extension-release.d/extension-release.demo";
const good = { [release]: "ID=_any\nSYSEXT_SCOPE=initrd\nSYSEXT_IMAGE_VERSION=7\n" };
const file = "/ext/demo.raw";
/** Accepted as a squashfs. */
const squashfs = "hsqs and more";

type Files = Readonly<Record<string, FakeFile>>;

function makeHost(files: Files): FakeHost {
  const fake = new FakeHost();
  fake.putFile(file, squashfs);
  fake.putDirectory("/ext/demo");
  fake.extensionTrees.contents.set(squashfs, files);
  fake.extensionTrees.contents.set("/ext/demo", files);
  return fake;
}

function read(files: Files, path = file, verify?: VerifySignature) {
  const fake = makeHost(files);
  const result = readExtension(path, host, verify, fake);
  expect(fake.extensionTrees.open).toBe(0);
  return result;
}

test("a file and a directory add the same: regular files that nobody can write", () => {
  const odd = { mode: 0o100666, size: 0 };
  const files = {
    ...good,
    "usr/bin/tool": "x",
    "usr/share/note": odd,
    "usr/share/secret": { mode: 0o100640, size: 0 },
    "usr/bin/secret": { mode: 0o100750, size: 0 },
    "opt/empty": { mode: 0o040700 },
  };
  const [one, two] = [read(files), read(files, "/ext/demo")];
  if (!one.ok || !two.ok) throw new Error("refused");
  const { entries, ...identity } = one.value.extension;
  expect(identity).toMatchObject({ name: "demo", class: "sysext", version: "7" });
  expect(entries.map(({ path, mode }) => `${mode.toString(8)} ${path}`)).toEqual([
    "755 opt",
    "755 opt/empty",
    "755 usr",
    "755 usr/bin",
    "500 usr/bin/secret",
    "555 usr/bin/tool",
    "755 usr/lib",
    "755 usr/lib/extension-release.d",
    `555 ${release}`,
    "755 usr/share",
    "444 usr/share/note",
    "400 usr/share/secret",
  ]);
  expect(two.value.extension.entries).toEqual(entries);
});

test("a configuration extension contains etc/ only", () => {
  const text = "ID=_any\nCONFEXT_SCOPE=initrd\n";
  const files = { "etc/extension-release.d/extension-release.demo": text, "etc/a": "b" };
  expect(read(files)).toMatchObject({ value: { extension: { class: "confext" } } });
  expect(read({ ...files, "usr/a": "b" })).toMatchObject({
    problem: { kind: "outside", path: "usr" },
  });
});

describe("it is refused with", () => {
  test.each<[string, FakeFile, string]>([
    ["a symbolic link", { mode: 0o120777 }, "link"],
    ["a second name", { links: 2 }, "hard-link"],
    ["a character device", { mode: 0o020600 }, "device"],
    ["a block device", { mode: 0o060600 }, "device"],
    ["a whiteout", { mode: 0o020000 }, "device"],
    ["a FIFO", { mode: 0o010644 }, "fifo"],
    ["a socket", { mode: 0o140644 }, "socket"],
    ["set-user-id", { mode: 0o104755 }, "set-id"],
    ["set-group-id", { mode: 0o102755 }, "set-id"],
    ["a directory with set-group-id", { mode: 0o042755 }, "set-id"],
    ["the sticky bit", { mode: 0o041777 }, "set-id"],
    ["file capabilities", { hasCapabilities: true }, "capability"],
  ])("%s", (_, odd, type) => {
    expect(read({ ...good, "usr/bin/odd": odd })).toEqual(
      refuse({ kind: "bad-type", path: "usr/bin/odd", type }),
    );
  });

  test.each([["usr/../x"], ["usr/a\nb"], ["usr/./x"]])("the name '%s'", (path) => {
    expect(read({ ...good, [path]: "x" })).toMatchObject({ problem: { kind: "unsafe-path" } });
  });

  test.each([
    ["bin/sh", "bin"],
    ["shutdown", undefined],
    ["manifest.json", undefined],
    ["extensions.json", undefined],
    ["etc/initrd-release", undefined],
    ["etc/exitrd.conf", undefined],
    ["etc/exitrd.measured", undefined],
    ["etc/exitrd.loaded.json", undefined],
    ["etc/os-release", undefined],
    ["usr/lib/os-release", undefined],
    ["etc/passwd", "etc"],
    ["opt", "opt"],
  ])("'%s', which is not for it", (path, outside) => {
    expect(read({ ...good, [path]: "x" })).toMatchObject({
      problem: outside ? { kind: "outside", path: outside } : { kind: "reserved", path },
    });
  });

  test("no release, one of another name, or one that is a directory", () => {
    const { [release]: text = "" } = good;
    const other = release.replace("demo", "other");
    const problem = refuse({ kind: "no-release", name: "demo" });
    expect(read({ "usr/a": "b" })).toEqual(problem);
    expect(read({ [other]: text })).toEqual(problem);
    expect(read({ [release]: { mode: 0o040755 } })).toEqual(problem);
  });

  test("too many files, or too much data in them", () => {
    const many = Object.fromEntries(Array.from({ length: 4100 }, (_, i) => [`usr/${i}`, "x"]));
    expect(read({ ...good, ...many })).toMatchObject({ problem: { kind: "too-many-files" } });
    expect(read({ ...good, "usr/big": { size: 2 ** 40 } })).toMatchObject({
      problem: { kind: "too-large" },
    });
  });

  test("a file system that cannot be mounted", () => {
    const fake = new FakeHost();
    fake.putFile(file, squashfs);
    expect(readExtension(file, host, undefined, fake)).toMatchObject({
      problem: { kind: "unmountable", type: "squashfs", error: { code: "EINVAL" } },
    });
  });

  test("no file, or a bad name", () => {
    expect(read(good, "/ext/none.raw")).toMatchObject({ problem: { kind: "unreadable" } });
    expect(read(good, "/ext/a b.raw")).toEqual(refuse({ kind: "bad-name" }));
  });
});

describe("if a signature is required", () => {
  const verify: VerifySignature = (content, signature) =>
    content.length === squashfs.length && signature[0] === 1 ? accept("Alice") : refuse("no");

  test("the signature is next to it", () => {
    const fake = makeHost(good);
    fake.putFile(`${file}.p7s`, "\x01");
    expect(readExtension(file, host, verify, fake)).toMatchObject({ value: { signer: "Alice" } });
    fake.putFile(`${file}.p7s`, "\x02");
    expect(readExtension(file, host, verify, fake)).toEqual(
      refuse({ kind: "bad-signature", reason: "no" }),
    );
  });

  test("unsigned files are not mounted, and a directory cannot be signed", () => {
    const fake = makeHost(good);
    fake.extensionTrees.contents.clear();
    const unsigned = refuse({ kind: "unsigned", signature: `${file}.p7s` });
    expect(readExtension(file, host, verify, fake)).toEqual(unsigned);
    expect(readExtension("/ext/demo", host, verify, fake)).toEqual(
      refuse({ kind: "unsigned-directory" }),
    );
  });
});

test("a rejection is reported with its reason and what to do", () => {
  const result = read({ ...good, "usr/bin/su": { mode: 0o104755 } });
  expect(result.ok ? "" : describeExtensionProblem(result.problem)).toBe(
    "'usr/bin/su' has set-user-id, set-group-id or the sticky bit: only regular files and directories without special permissions are allowed",
  );
  expect(
    describeExtensionProblem({ kind: "mismatch", field: "ID", found: "debian", wanted: "exitrd" }),
  ).toBe(
    "its extension-release has ID=debian, expected 'exitrd': use the extension for this version of exitrd",
  );
});

test("no data of a disk image is hashed before the signature of its root hash is verified", () => {
  const data = Buffer.alloc(4096 * 200, "hsqs");
  const superblock = makeVeritySuperblock(
    { dataBlockSize: 512, hashBlockSize: 512, dataBlocks: 1600, salt: new Uint8Array(0) },
    new Uint8Array(16),
  );
  const parts = [data, superblock, makeVeritySignature("0".repeat(64), Uint8Array.of(1))];
  const image = makeDiskImage(parts.map((part, i) => ({ type: rootTypes[i] ?? "", data: part })));
  const fake = makeHost({});
  fake.putFile(file, image);
  let hashed = 0;
  const sha256 = (bytes: Uint8Array) => {
    hashed++;
    return fakeCodec.sha256(bytes);
  };
  const ports = {
    ...{ files: fake.files, extensionTrees: fake.extensionTrees },
    codec: { ...fakeCodec, sha256 },
  };
  expect(readExtension(file, host, () => refuse("a stranger's"), ports)).toEqual(
    refuse({ kind: "bad-signature", reason: "a stranger's" }),
  );
  expect(hashed).toBe(0);
  expect(readExtension(file, host, () => accept("us"), ports)).toMatchObject({
    problem: { kind: "verity", reason: "changed" },
  });
  expect(hashed).toBeGreaterThan(1600);
});
