import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";
import { type CpioEntry, headerSize } from "../../src/image/cpio-entry.ts";
import { findInInitrd } from "../../src/image/find-in-initrd.ts";
import { writeCpio } from "../../src/image/write-cpio.ts";
import { localImage, packageImage } from "../../src/load/image-places.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { joinBytes, toByteString, toBytes } from "../../src/text/bytes.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, imageInput } from "../fake/image-inputs.ts";
import { OpenSsl } from "../fake/openssl.ts";

const openssl = new OpenSsl();
afterAll(() => openssl.close());

const signer = openssl.identity("Own", { extensions: [] });
const pem = readFileSync(signer.cert, "latin1");
const image = makeImage(imageInput, 0, fakeCodec);
const other = makeImage({ ...imageInput, version: "1.2.4" }, 0, fakeCodec);
const anchor = "/etc/exitrd/trusted.d/own.pem";
const initrdPath = "/boot/initrd.img-6.1.0";
const wants = "/etc/systemd/system/sysinit.target.wants/exitrd-load.service";
const mask = "/etc/systemd/system/exitrd-load.service";

type Files = Readonly<Record<string, Uint8Array | string>>;

function makeArchive(files: Files): Uint8Array {
  const entries: CpioEntry[] = [];
  const directories = new Set<string>();
  for (const [path, data] of Object.entries(files)) {
    const parts = path.slice(1).split("/");
    for (let i = 1; i < parts.length; i++) directories.add(parts.slice(0, i).join("/"));
    const bytes = typeof data === "string" ? toBytes(data) : data;
    entries.push({ kind: "file", path: path.slice(1), mode: 0o644, data: bytes });
  }
  const parents = [...directories].map((path): CpioEntry => {
    return { kind: "directory", path, mode: 0o755 };
  });
  return writeCpio([...parents.sort((a, b) => (a.path < b.path ? -1 : 1)), ...entries], 0);
}

function makeInitrd(files: Files): Uint8Array {
  const microcode = makeArchive({ "/kernel/x86/microcode/x.bin": "code" });
  return joinBytes([microcode, makeArchive({ "/usr/bin/exitrd": "program", ...files })]);
}

/** Changes the type of an entry to that of a link. */
function makeLink(archive: Uint8Array, path: string): Uint8Array {
  const text = toByteString(archive);
  const at = text.indexOf(`${path}\0`) - headerSize;
  const mode = at + 6 + 8;
  return toBytes(`${text.slice(0, mode)}0000A1FF${text.slice(mode + 8)}`);
}

/** Loaded, and with an initrd of these files. */
function makeHost(files?: Files): FakeHost {
  const host = new FakeHost();
  host.putFile(packageImage, image);
  host.putFile("/usr/bin/exitrd", "program");
  if (files !== undefined) host.putFile(initrdPath, makeInitrd(files));
  run(["load"], host);
  return host;
}

function ask(host: FakeHost) {
  host.printed = "";
  const code = run(["status"], host);
  const lines = host.printed.split("\n");
  host.printed = "";
  run(["status", "--json"], host);
  const json = JSON.parse(host.printed);
  const find = (label: string) =>
    lines.filter((line) => line.startsWith(label)).map((line) => line.slice(10));
  return {
    code,
    ...{ shutdown: find("shutdown:")[0], next: find("next:")[0], warnings: find("warning:") },
    json,
  };
}

describe("after a reboot", () => {
  test("the initrd loads its image", () => {
    expect(ask(makeHost({ [packageImage]: image }))).toMatchObject({
      code: 0,
      shutdown: "through exitrd, now and after a reboot",
      next: `'${initrdPath}' loads '${packageImage}'`,
      json: { ready: true, now: { ready: true }, nextBoot: { ready: true, by: "initrd" } },
    });
  });

  test("the service does, where the initrd has none or cannot be looked into", () => {
    const next = `exitrd-load.service loads '${packageImage}'`;
    expect(ask(makeHost({}))).toMatchObject({ code: 0, next, warnings: [] });
    const host = makeHost();
    host.putFile(initrdPath, "\x1f\x8bgzip");
    expect(ask(host)).toMatchObject({
      ...{ code: 0, next },
      warnings: [`cannot look into '${initrdPath}': it is compressed with gzip, ignoring`],
    });
  });

  test("nothing is loaded where both would be refused, though all is well now", () => {
    const host = makeHost({ [packageImage]: image, [anchor]: pem });
    host.putFile(anchor, pem);
    const { code, shutdown, json } = ask(host);
    expect(code).toBe(3);
    expect(shutdown).toMatch(
      /^through exitrd, but not after a reboot: in the initrd: cannot load .*: it is not signed/,
    );
    expect(json).toMatchObject({
      ready: true,
      nextBoot: { ready: false, by: null, initrd: { accepted: false, image: packageImage } },
    });
  });

  test("the initrd is judged by the trust that is in there", () => {
    const signature = openssl.sign(image, signer);
    const signed = { [localImage]: image, [`${localImage}.p7s`]: signature };
    const host = makeHost({ ...signed, [anchor]: pem });
    host.putFile(anchor, pem);
    host.putFile(localImage, image);
    host.putFile(`${localImage}.p7s`, signature);
    expect(ask(host)).toMatchObject({ code: 0, json: { nextBoot: { by: "initrd" } } });
    // It demands a signature by its configuration, and trusts nobody.
    host.putFile(
      initrdPath,
      makeInitrd({ ...signed, "/etc/exitrd.conf": "[Exitrd]\nVerify=require\n" }),
    );
    expect(ask(host).json.nextBoot).toMatchObject({ by: "service", initrd: { accepted: false } });
  });

  test("trust that the hook could not read stops the loader in there", () => {
    // writeCpio makes no links: one is made of a file's header.
    const initrd = makeInitrd({ [packageImage]: image, "/etc/exitrd/revoked.d": "revoked.d" });
    const host = makeHost();
    host.putFile(initrdPath, makeLink(initrd, "etc/exitrd/revoked.d"));
    expect(ask(host).json.nextBoot).toMatchObject({
      ...{ ready: true, by: "service" },
      initrd: { accepted: false, problem: expect.stringContaining("revoked.d") },
    });
  });

  test("an image that is a link in there is not judged", () => {
    const initrd = makeInitrd({ [packageImage]: "elsewhere" });
    const host = makeHost();
    host.putFile(initrdPath, makeLink(initrd, packageImage.slice(1)));
    expect(ask(host).warnings).toEqual([
      `cannot look into '${initrdPath}': '${packageImage}' in it is a link, ignoring`,
    ]);
  });

  test("what in the initrd is not as it is here is named", () => {
    const host = makeHost({ [packageImage]: other, "/etc/exitrd.conf": "[Exitrd]\n" });
    expect(ask(host).warnings).toEqual(
      ["/etc/exitrd.conf", packageImage].map(
        (path) =>
          `'${path}' in '${initrdPath}' is not the one of this machine: run 'update-initramfs -u'`,
      ),
    );
  });

  test.each([
    ["masked", (host: FakeHost) => host.putFile(mask, ""), "exitrd-load.service is masked"],
    [
      "not enabled",
      (host: FakeHost) => host.files.removeFile(wants),
      "exitrd-load.service is not enabled: run 'systemctl enable exitrd-load.service'",
    ],
    [
      "without an image",
      (host: FakeHost) => host.files.removeFile(packageImage),
      "the image cannot be read",
    ],
    ["damaged", (host: FakeHost) => host.putFile(packageImage, "x"), "the image is damaged"],
  ])("nothing is loaded where it is %s", (_, change, reason) => {
    const host = makeHost();
    change(host);
    expect(ask(host)).toMatchObject({
      code: 3,
      shutdown: `through exitrd, but not after a reboot: ${reason}`,
      json: { nextBoot: { ready: false, reasons: [reason] } },
    });
  });
});

describe("nobody pivots", () => {
  test.each([
    [
      "without systemd",
      (host: FakeHost) => host.trees.removeDirectory("/run/systemd/system"),
      "openrc-init runs, and only systemd pivots into an exitrd",
    ],
    [
      "in a container",
      (host: FakeHost) => host.putFile("/run/systemd/container", "lxc"),
      "systemd 252 does not pivot in a container",
    ],
    [
      "without its program",
      (host: FakeHost) => host.files.removeFile("/usr/lib/systemd/systemd-shutdown"),
      "systemd 252 has no systemd-shutdown, which pivots",
    ],
  ])("%s", (_, change, reason) => {
    const host = makeHost();
    host.putFile("/proc/1/comm", "openrc-init\n");
    change(host);
    expect(ask(host)).toMatchObject({
      ...{ code: 1, shutdown: `not through exitrd: ${reason}` },
      json: { ready: false, now: { reasons: [reason] }, nextBoot: { ready: false } },
    });
  });
});

test("not now, and what cures it", () => {
  const host = makeHost();
  run(["unload"], host);
  expect(ask(host)).toMatchObject({
    ...{ code: 1, shutdown: "not through exitrd: nothing is loaded: run 'exitrd load'" },
    next: `exitrd-load.service loads '${packageImage}'`,
  });
});

test("not now, and not curable by loading", () => {
  const host = new FakeHost();
  host.putFile(packageImage, image);
  host.putFile(anchor, pem);
  expect(run(["load"], host)).toBe(1);
  expect(ask(host).shutdown).toMatch(
    /^not through exitrd: nothing is loaded: the image is refused: it is not signed: sign it/,
  );
});

test("files are found in an initrd however its parts are cut", () => {
  const files = {
    "/usr/bin/exitrd": "program",
    "/var/lib/exitrd/a": "x".repeat(5000),
    "/etc/e": "",
  };
  const archive = makeArchive(files);
  for (const size of [1, 7, 110, 4096, archive.length]) {
    const found = findInInitrd(
      toBytes("\x28\xb5\x2f\xfd"),
      () => true,
      (_, use) => {
        for (let at = 0; at < archive.length; at += size) use(archive.subarray(at, at + size));
      },
    );
    if (!found.ok) throw new Error(found.problem);
    expect([...found.value.files.keys()].sort()).toEqual(Object.keys(files).sort());
    expect(found.value.files.get("/var/lib/exitrd/a")?.length).toBe(5000);
  }
  for (let length = 1; length < archive.length - 512; length += 97) {
    expect(
      findInInitrd(
        archive.subarray(0, length),
        () => true,
        () => {},
      ).ok,
    ).toBe(false);
  }
});
