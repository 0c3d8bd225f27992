import { describe, expect, test } from "vitest";
import { findChange } from "../../src/execute/self-check/find-change.ts";
import { composeImage } from "../../src/image/compose-image.ts";
import { sealTree, writeSealedImage } from "../../src/image/disk-image/sealed-image.ts";
import { choosePcrs } from "../../src/image/tpm/measurement.ts";
import { describeLoadFailure } from "../../src/load/load-failure.ts";
import { loadImage } from "../../src/load/load-image.ts";
import type { LoadRequest } from "../../src/load/load-request.ts";
import { lookAtTarget } from "../../src/load/look-at-target.ts";
import { unloadTree } from "../../src/load/unload.ts";
import { verifyImage } from "../../src/load/verify-image.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { refuse } from "../../src/text/checked.ts";
import { failCall } from "../fake/fail-call.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, imageInput, sha256 } from "../fake/image-inputs.ts";
import { unsignedIsFine } from "../fake/verification.ts";

const archive = "/usr/lib/exitrd/exitrd.img";
const image = "/usr/lib/exitrd/exitrd.raw";
const target = "/run/initramfs";
const beside = "/run/initramfs.loaded";
const request: LoadRequest = {
  ...{ image, target, force: false, configuration: "[Exitrd]\nSeal=verity\n" },
  // Signatures are tested elsewhere.
  verification: { ...unsignedIsFine, policy: "off" },
  extensions: { verify: () => refuse("no"), takesUnsigned: false },
  ...{ measure: "off", pcrs: choosePcrs({}), seal: "verity" },
};

function makeSealed(version = "1.2.3"): Uint8Array {
  const tree = sealTree(composeImage({ ...imageInput, version }, sha256), sha256);
  const bytes = writeSealedImage(tree, Uint8Array.of(1), "00".repeat(32), "x86_64");
  if (bytes === undefined) throw new Error("no types");
  return bytes;
}

function makeHost(): FakeHost {
  const host = new FakeHost();
  host.putFile(image, makeSealed());
  host.putFile(archive, makeImage(imageInput, 0, fakeCodec));
  return host;
}

function look(host: FakeHost) {
  return lookAtTarget(target, host.files, host.codec);
}

test("a sealed image is mounted through dm-verity, and additions are stored next to it", () => {
  const host = makeHost();
  expect(loadImage(request, host)).toMatchObject({
    ...{ kind: "loaded", fsType: "erofs", sealedBy: "exitrd" },
  });
  expect(host.calls.filter((call) => call.startsWith("dm create"))).toHaveLength(1);
  expect(host.text(`${beside}/etc/exitrd.conf`)).toBe(request.configuration);
  expect(look(host)).toMatchObject({
    ...{ kind: "ours", intact: true, sealed: true, configuration: request.configuration },
  });
  expect(findChange(target, host.files, sha256)).toBeUndefined();
});

test("loading the same again changes nothing, another configuration or image does", () => {
  const host = makeHost();
  loadImage(request, host);
  expect(loadImage(request, host).kind).toBe("already");
  const configuration = "[Exitrd]\nTimeout=30s\nSeal=verity\n";
  expect(loadImage({ ...request, configuration }, host).kind).toBe("loaded");
  expect(look(host)).toMatchObject({ intact: true, configuration });
  host.putFile(image, makeSealed("1.2.4"));
  expect(loadImage(request, host)).toMatchObject({ manifest: { version: "1.2.4" } });
  const plain: LoadRequest = { ...request, image: archive, seal: "no" };
  expect(loadImage(plain, host)).toMatchObject({ kind: "loaded", sealedBy: undefined });
  expect(look(host)).toMatchObject({ intact: true, sealed: false });
  expect(loadImage(request, host)).toMatchObject({ sealedBy: "exitrd" });
});

test("if the pin of another tree cannot be mounted, the old tree is still there", () => {
  const host = makeHost();
  loadImage(request, host);
  host.putFile(image, makeSealed("1.2.4"));
  host.failures.set(`move_mount ${target}/mnt`, "ENOMEM");
  expect(loadImage(request, host)).toMatchObject({ failure: { action: "mount" } });
  expect(look(host)).toMatchObject({ intact: true, manifest: { version: "1.2.3" } });
});

test("a tree that a killed loader has left unpinned is loaded again", () => {
  const host = makeHost();
  loadImage(request, host);
  host.trees.unmount(`${target}/mnt`);
  expect(loadImage(request, host).kind).toBe("loaded");
  expect(loadImage(request, host).kind).toBe("already");
});

test("with Seal=verity an archive is refused, and what is loaded stays", () => {
  const host = makeHost();
  loadImage(request, host);
  const result = loadImage({ ...request, image: archive }, host);
  if (result.kind !== "failed") throw new Error(result.kind);
  expect(describeLoadFailure(result.failure)).toMatch(/^cannot load '.*': Seal=verity requires/);
  expect(look(host)).toMatchObject({ intact: true, sealed: true });
});

test("a kernel without dm-verity is reported with the action, and nothing is loaded", () => {
  const host = makeHost();
  const { rootHash } = sealTree(composeImage(imageInput, sha256), sha256);
  host.failures.set(`dm create ${rootHash}`, "EINVAL");
  const result = loadImage(request, host);
  if (result.kind !== "failed") throw new Error(result.kind);
  expect(describeLoadFailure(result.failure)).toMatch(
    /^cannot set up dm-verity for '\/run\/initramfs': .*: load the modules 'loop', 'dm-verity'/,
  );
  expect(host.files.isExecutable(`${target}/shutdown`)).toBe(false);
});

test("a change of the files next to it is detected", () => {
  const host = makeHost();
  loadImage(request, host);
  host.putFile(`${beside}/etc/exitrd.conf`, Buffer.from("[Exitrd]\n"));
  expect(look(host)).toMatchObject({ intact: false });
  expect(findChange(target, host.files, sha256)).toMatchObject({ path: "etc/exitrd.conf" });
});

test("an extension is refused, and unload removes everything", () => {
  const host = makeHost();
  host.putFile("/etc/exitrd/extensions/own.raw", Buffer.from("own"));
  const result = loadImage(request, host);
  if (result.kind !== "loaded") throw new Error(result.kind);
  expect(result.extensions).toMatchObject({
    loaded: [],
    refused: [{ reason: expect.stringContaining("nothing can be added to a sealed image") }],
  });
  expect(look(host)).toMatchObject({ extensions: result.extensions });
  expect(unloadTree(target, host)).toEqual({ kind: "unloaded" });
  expect(host.files.status(`${beside}/etc/exitrd.conf`)).toBeUndefined();
  expect(host.files.status(beside)).toBeUndefined();
});

describe("a sealed load that fails", () => {
  const banks = Buffer.from(
    "8001" + "00000019" + "00000000" + "00" + "00000005" + "00000001" + "000b0300f000",
    "hex",
  );
  const yes = Buffer.from("80020000001300000000000000000000010000", "hex");
  const { rootHash } = sealTree(composeImage({ ...imageInput, version: "1.2.4" }, sha256), sha256);

  function putTpm(host: FakeHost, ...answers: readonly Uint8Array[]): string[] {
    const [left, sent]: [Uint8Array[], string[]] = [[...answers], []];
    host.tpm = {
      transmit: (command) => {
        sent.push(Buffer.from(command).toString("hex").slice(12, 20));
        return left.shift() ?? failCall("open", "ENOENT", "/dev/tpmrm0");
      },
    };
    return sent;
  }

  test.each([
    ["fsopen tmpfs", "ENOMEM"],
    ["tree write sealed", "ENOSPC"],
    [`dm create ${rootHash}`, "EINVAL"],
    [`rename ${beside}/etc/exitrd.conf`, "ENOSPC"],
    [`rename ${beside}/etc/exitrd.loaded.json`, "ENOSPC"],
  ])("at '%s' has extended no PCR, and the old tree is as it was", (call, code) => {
    const host = makeHost();
    loadImage(request, host);
    const before = look(host);
    const other = { ...request, measure: "require", configuration: "[Exitrd]\n" } as const;
    host.putFile(image, makeSealed("1.2.4"));
    const sent = putTpm(host, banks, banks, yes);
    host.failures.set(call, code);
    expect(loadImage(other, host)).toMatchObject({ kind: "failed", failure: { error: { code } } });
    expect(sent).not.toContain("00000182");
    expect(look(host)).toEqual(before);
    host.failures.clear();
    expect(loadImage(other, host)).toMatchObject({ measurement: { kind: "measured" } });
    expect(sent.filter((command) => command === "00000182")).toHaveLength(1);
  });

  test("for lack of a measurement leaves no files next to the target", () => {
    const host = makeHost();
    putTpm(host, banks);
    const result = loadImage({ ...request, measure: "require" }, host);
    expect(result).toMatchObject({ failure: { kind: "not-measured" } });
    expect(host.names().filter((name) => name.startsWith(target))).toEqual([]);
  });
});

test("no data of a sealed image is hashed before the signature of its root hash is verified", () => {
  const host = makeHost();
  let hashed = 0;
  const sha256 = (bytes: Uint8Array) => {
    hashed++;
    return fakeCodec.sha256(bytes);
  };
  const verification = { ...unsignedIsFine, policy: "require" } as const;
  const ports = { ...host, codec: { ...fakeCodec, sha256 } };
  // Its signature is a single byte, not a CMS message.
  const verified = verifyImage(image, makeSealed(), verification, ports);
  expect(verified).toMatchObject({ ok: false, problem: { kind: "not-der" } });
  expect(hashed).toBe(0);
});
