import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";
import { type CpioEntry, headerSize } from "../../src/image/cpio-entry.ts";
import { findInInitrd } from "../../src/image/initrd/find-in-initrd.ts";
import { writeCpio } from "../../src/image/write-cpio.ts";
import { localImage, packageImage, packageSealedImage } from "../../src/load/image-places.ts";
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

/** A machine with a loaded tree, and with an initrd of these files. */
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
  const json = JSON.parse(host.printed).result;
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
      json: { now: { ok: true }, nextBoot: { ok: true, by: "initrd" } },
    });
  });

  test("the service loads it if the initrd has none or cannot be read", () => {
    const next = `exitrd-load.service loads '${packageImage}'`;
    expect(ask(makeHost({}))).toMatchObject({ code: 0, next, warnings: [] });
    const host = makeHost();
    host.putFile(initrdPath, "\xfd7zXZ");
    expect(ask(host)).toMatchObject({
      ...{ code: 0, next },
      warnings: [`cannot look into '${initrdPath}': it is compressed with xz, ignoring`],
    });
  });

  test("nothing is loaded if both would be refused, although all is well now", () => {
    const host = makeHost({ [packageImage]: image, [anchor]: pem });
    host.putFile(anchor, pem);
    const { code, shutdown, json } = ask(host);
    expect(code).toBe(3);
    expect(shutdown).toMatch(
      /^through exitrd, but not after a reboot: in the initrd: cannot load .*: it is not signed/,
    );
    expect(json).toMatchObject({
      now: { ok: true },
      nextBoot: { ok: false, by: null, initrd: { ok: false, image: packageImage } },
    });
  });

  test("the initrd is judged by the trust that it contains", () => {
    const signature = openssl.sign(image, signer);
    const signed = { [localImage]: image, [`${localImage}.p7s`]: signature };
    const host = makeHost({ ...signed, [anchor]: pem });
    host.putFile(anchor, pem);
    host.putFile(localImage, image);
    host.putFile(`${localImage}.p7s`, signature);
    expect(ask(host)).toMatchObject({ code: 0, json: { nextBoot: { by: "initrd" } } });
    // Its configuration requires a signature, and it trusts nobody.
    host.putFile(
      initrdPath,
      makeInitrd({ ...signed, "/etc/exitrd.conf": "[Exitrd]\nVerify=require\n" }),
    );
    expect(ask(host).json.nextBoot).toMatchObject({ by: "service", initrd: { ok: false } });
  });

  test("trust that the hook could not read stops the loader in the initrd", () => {
    // writeCpio makes no links: one is made of a file's header.
    const initrd = makeInitrd({ [packageImage]: image, "/etc/exitrd/revoked.d": "revoked.d" });
    const host = makeHost();
    host.putFile(initrdPath, makeLink(initrd, "etc/exitrd/revoked.d"));
    expect(ask(host).json.nextBoot).toMatchObject({
      ...{ ok: true, by: "service" },
      initrd: { ok: false, problem: { message: expect.stringContaining("revoked.d") } },
    });
  });

  test("an image that is a link in the initrd is not judged", () => {
    const initrd = makeInitrd({ [packageImage]: "elsewhere" });
    const host = makeHost();
    host.putFile(initrdPath, makeLink(initrd, packageImage.slice(1)));
    expect(ask(host).warnings).toEqual([
      `cannot look into '${initrdPath}': '${packageImage}' in it is a link, ignoring`,
    ]);
  });

  test("gzip is unpacked as well, and the archive after it", () => {
    const parts = makeInitrd({ "/kernel/x": "x" });
    const host = makeHost();
    const main = gzipSync(makeArchive({ [packageImage]: image }));
    host.putFile(initrdPath, joinBytes([main, new Uint8Array(3), parts]));
    expect(ask(host).next).toBe(`'${initrdPath}' loads '${packageImage}'`);
    host.putFile(initrdPath, joinBytes([main.subarray(0, 99), parts]));
    expect(ask(host).warnings[0]).toMatch(/^cannot look into .*: /);
  });

  test("a name padded with zeros ends at the first one", () => {
    const path = packageImage.slice(1);
    const text = toByteString(makeInitrd({ [packageImage]: image }));
    const at = text.indexOf(`${path}\0`);
    // c_namesize, the last field but one of the header
    const size = at - 16;
    const padded = (path.length + 1 + 4).toString(16).padStart(8, "0");
    const longer = `${text.slice(0, size)}${padded}${text.slice(size + 8, at)}${path}\0\0\0\0${text.slice(at + path.length)}`;
    const host = makeHost();
    host.putFile(initrdPath, toBytes(longer));
    expect(ask(host).next).toBe(`'${initrdPath}' loads '${packageImage}'`);
  });

  test("differences between the initrd and the machine are reported", () => {
    const host = makeHost({ [packageImage]: other, "/etc/exitrd.conf": "[Exitrd]\n" });
    expect(ask(host).warnings).toEqual(
      ["/etc/exitrd.conf", packageImage].map(
        (path) =>
          `'${path}' in '${initrdPath}' differs from this machine's: run 'update-initramfs -u'`,
      ),
    );
  });

  test.each([
    ["/usr/sbin/update-initramfs", "update-initramfs -u"],
    ["/usr/bin/dracut", "/usr/lib/exitrd/update-initrds"],
    ["/usr/bin/mkinitcpio", "mkinitcpio -P"],
  ])("and %s rebuilds it", (program, command) => {
    const host = makeHost({ [packageImage]: other });
    host.putFile(program, "", 0o755);
    expect(ask(host).warnings[0]).toMatch(new RegExp(`: run '${command}'$`));
  });

  test.each([
    "/boot/initramfs-6.1.0.img",
    "/usr/lib/modules/6.1.0/initrd",
    "/boot/efi/0123/6.1.0/initrd",
    "/boot/initramfs-linux.img",
  ])("the initrd of another generator is found: %s", (path) => {
    const host = makeHost();
    host.putFile("/etc/machine-id", "0123\n");
    host.putFile(path, makeInitrd({ [packageImage]: image }));
    expect(ask(host).next).toBe(`'${path}' loads '${packageImage}'`);
  });

  test("the initrd of one of Arch's kernels is found by its package, and never another one's", () => {
    const [lts, linux] = ["/boot/initramfs-linux-lts.img", "/boot/initramfs-linux.img"];
    const host = makeHost();
    host.putFile("/usr/lib/modules/6.1.0/pkgbase", "linux-lts\n");
    host.putFile(linux, makeInitrd({ [packageImage]: image }));
    expect(ask(host).next).not.toContain(linux);
    host.putFile(lts, makeInitrd({ [packageImage]: image }));
    expect(ask(host).next).toBe(`'${lts}' loads '${packageImage}'`);
    host.putFile("/usr/lib/modules/6.1.0/pkgbase", "linux");
    expect(ask(host).next).toBe(`'${linux}' loads '${packageImage}'`);
  });

  test("nothing is loaded if it has to be measured and there is no TPM", () => {
    const conf = "[Exitrd]\nMeasure=require\n";
    const host = makeHost({ [packageImage]: image, "/etc/exitrd.conf": conf });
    expect(ask(host).json.nextBoot).toMatchObject({
      ...{ ok: true, by: "service" },
      initrd: { ok: false, problem: { kind: "not-measured" } },
    });
    host.putFile("/etc/exitrd.conf", conf);
    expect(ask(host)).toMatchObject({
      code: 3,
      next: expect.stringContaining("no TPM 2.0 (Measure=require)"),
      json: { nextBoot: { ok: false, reasons: [{}, { kind: "not-measured" }] } },
    });
    // The loader agrees.
    expect(run(["unload"], host)).toBe(0);
    expect(run(["load"], host)).toBe(1);
    expect(ask(host).shutdown).toMatch(/^not through exitrd: nothing is loaded: .*no TPM 2\.0/);
  });

  test("nothing is loaded if it has to be sealed and is not", () => {
    const host = makeHost({ [packageImage]: image });
    host.putFile("/etc/exitrd.conf", "[Exitrd]\nSeal=verity\n");
    host.putFile(packageSealedImage, image);
    host.files.removeFile(initrdPath);
    expect(ask(host)).toMatchObject({
      code: 3,
      json: { nextBoot: { ok: false, reasons: [{ kind: "not-sealed" }] } },
    });
    expect(run(["load"], host)).toBe(1);
  });

  test.each([
    [
      "masked",
      (host: FakeHost) => host.putFile(mask, ""),
      "exitrd-load.service is masked",
      "masked",
    ],
    [
      "not enabled",
      (host: FakeHost) => host.files.removeFile(wants),
      "exitrd-load.service is not enabled: run 'systemctl enable exitrd-load.service'",
      "service-disabled",
    ],
    [
      "without an image",
      (host: FakeHost) => host.files.removeFile(packageImage),
      "the image cannot be read: No such file or directory",
      "image-unreadable",
    ],
    [
      "damaged",
      (host: FakeHost) => host.putFile(packageImage, "x"),
      "the image is damaged",
      "image-bad",
    ],
  ])("nothing is loaded if it is %s", (_, change, message, kind) => {
    const host = makeHost();
    change(host);
    expect(ask(host)).toMatchObject({
      code: 3,
      shutdown: `through exitrd, but not after a reboot: ${message}`,
      json: { nextBoot: { ok: false, reasons: [{ kind, message }] } },
    });
  });
});

test("a mask that ends at the next boot matters only now", () => {
  const host = makeHost();
  host.putLink("/run/systemd/system/exitrd-load.service", "/dev/null");
  host.putDevice("/dev/null");
  expect(ask(host)).toMatchObject({
    json: { off: "masked-until-reboot", nextBoot: { ok: true, by: "service" } },
  });
  expect(run(["unload"], host)).toBe(0);
  expect(ask(host).shutdown).toBe(
    "not through exitrd: nothing is loaded, exitrd-load.service is masked until the next boot: run 'exitrd load'",
  );
  host.putLink(mask, "/dev/null");
  expect(ask(host).json).toMatchObject({ off: "masked", nextBoot: { ok: false } });
});

describe("nobody pivots", () => {
  test.each([
    [
      "without systemd",
      (host: FakeHost) => host.trees.removeDirectory("/run/systemd/system"),
      "openrc-init does not run 'exitrd pivot' at shutdown: see exitrd(8)",
    ],
    [
      "with an init that is not known",
      (host: FakeHost) => {
        host.trees.removeDirectory("/run/systemd/system");
        host.putFile("/proc/1/comm", "bash\n");
      },
      "bash does not pivot into an exitrd",
    ],
    [
      "in a container",
      (host: FakeHost) => host.putFile("/run/systemd/container", "lxc"),
      "systemd 252 does not pivot in a container",
    ],
    [
      "in a container that only a file shows",
      (host: FakeHost) => host.putFile("/.dockerenv", ""),
      "systemd 252 does not pivot in a container: '/.dockerenv' exists",
    ],
    [
      "in WSL",
      (host: FakeHost) =>
        host.putFile("/proc/sys/kernel/osrelease", "5.15.153.1-microsoft-standard-WSL2\n"),
      "systemd 252 does not pivot in WSL",
    ],
    [
      "in a container of sysvinit",
      (host: FakeHost) => {
        host.trees.removeDirectory("/run/systemd/system");
        host.putFile("/proc/1/comm", "init\n");
        host.putFile("/sbin/init", "init");
        host.putFile("/etc/rc0.d/K01exitrd-pivot", "");
        host.putFile("/proc/1/environ", "TERM=linux\0container=lxc\0");
      },
      "sysvinit does not pivot in a container",
    ],
    [
      "in a container without an init",
      (host: FakeHost) => {
        host.trees.removeDirectory("/run/systemd/system");
        host.putFile("/proc/1/comm", "bash\n");
        host.putFile("/run/.containerenv", "");
      },
      "bash does not pivot in a container: '/run/.containerenv' exists",
    ],
    [
      "without its program",
      (host: FakeHost) => host.files.removeFile("/usr/lib/systemd/systemd-shutdown"),
      "systemd 252 cannot pivot: systemd-shutdown is not installed",
    ],
  ])("%s", (_, change, reason) => {
    const host = makeHost();
    host.putFile("/proc/1/comm", "openrc-init\n");
    change(host);
    expect(ask(host)).toMatchObject({
      ...{ code: 1, shutdown: `not through exitrd: ${reason}` },
      json: { now: { ok: false, reasons: [{ message: reason }] }, nextBoot: { ok: false } },
    });
  });
});

test("the systemd of NixOS pivots, from its store", () => {
  const host = makeHost();
  host.files.removeFile("/usr/lib/systemd/systemd-shutdown");
  host.files.removeFile("/usr/lib/systemd/libsystemd-shared-252.so");
  const store = "/nix/store/0-systemd-257.9";
  host.putFile(`${store}/lib/systemd/systemd-shutdown`, "", 0o755);
  host.putFile(`${store}/lib/systemd/libsystemd-shared-257.so`, "");
  host.putLink("/run/current-system/systemd", store);
  expect(ask(host)).toMatchObject({
    json: { now: { ok: true }, init: { name: "systemd", version: 257 } },
  });
});

/** A host with this PID 1, which is a program of that name, and these files. */
function makeOther(init: string, files: readonly string[]): FakeHost {
  const host = makeHost();
  host.trees.removeDirectory("/run/systemd/system");
  host.putFile("/proc/1/comm", `${init}\n`);
  for (const path of [`/sbin/${init}`, ...files]) host.putFile(path, "");
  return host;
}

test.each([
  ["sysvinit's own script", "init", ["/etc/rc0.d/K01exitrd-pivot"], true],
  ["only that, but OpenRC", "init", ["/etc/rc0.d/K01exitrd-pivot", "/sbin/openrc"], false],
  ["OpenRC's service", "init", ["/etc/runlevels/shutdown/exitrd-last", "/sbin/openrc"], true],
  ["that of an OpenRC that is gone", "init", ["/etc/runlevels/shutdown/exitrd-last"], false],
  ["runit with sysvinit's", "runit", ["/etc/rc0.d/K01exitrd-pivot"], true],
  [
    "runit that does not run sysvinit's",
    "runit",
    ["/etc/rc0.d/K01exitrd-pivot", "/etc/runit/native.boot.run"],
    false,
  ],
  [
    "runit with its own",
    "runit",
    ["/etc/runit/shutdown-run/exitrd.sh", "/etc/runit/native.boot.run"],
    true,
  ],
])("a machine with %s", (_, init, files, isPivoting) => {
  const shown = ask(makeOther(init, files)).shutdown ?? "";
  expect(shown.includes("does not run 'exitrd pivot'")).toBe(!isPivoting);
});

test.each([
  ["::shutdown:/usr/lib/exitrd/inits/busybox", [], true],
  ["::shutdown:/sbin/openrc shutdown", ["/etc/runlevels/shutdown/exitrd-last"], true],
  ["::shutdown:/sbin/openrc shutdown", [], false],
  ["#::shutdown:/sbin/openrc shutdown", ["/etc/runlevels/shutdown/exitrd-last"], false],
])("BusyBox init with '%s' and %j", (line, files, isPivoting) => {
  const host = makeOther("busybox", files);
  host.putFile("/etc/inittab", `::sysinit:/sbin/openrc sysinit\n${line}\n`);
  const shown = ask(host).shutdown ?? "";
  expect(shown.includes("does not run 'exitrd pivot'")).toBe(!isPivoting);
});

test("does not happen now, with a cure", () => {
  const host = makeHost();
  run(["unload"], host);
  expect(ask(host)).toMatchObject({
    ...{ code: 1, shutdown: "not through exitrd: nothing is loaded: run 'exitrd load'" },
    next: `exitrd-load.service loads '${packageImage}'`,
  });
});

test("does not happen now, and loading does not help", () => {
  const host = new FakeHost();
  host.putFile(packageImage, image);
  host.putFile(anchor, pem);
  expect(run(["load"], host)).toBe(1);
  expect(ask(host).shutdown).toMatch(
    /^not through exitrd: nothing is loaded: the image is refused: it is not signed: sign it/,
  );
});

test("files are found in an initrd however its parts are divided", () => {
  const files = {
    "/usr/bin/exitrd": "program",
    "/var/lib/exitrd/a": "x".repeat(5000),
    "/etc/e": "",
  };
  const archive = makeArchive(files);
  for (const size of [1, 7, 110, 4096, archive.length]) {
    const found = findInInitrd(toBytes("\x28\xb5\x2f\xfd"), () => true, {
      ...fakeCodec,
      decompressEach: (_, use) => {
        for (let at = 0; at < archive.length; at += size) use(archive.subarray(at, at + size));
        return 4;
      },
    });
    if (!found.ok) throw new Error(found.problem.kind);
    expect([...found.value.files.keys()].sort()).toEqual(Object.keys(files).sort());
    expect(found.value.files.get("/var/lib/exitrd/a")?.length).toBe(5000);
  }
  for (let length = 1; length < archive.length - 512; length += 97) {
    expect(findInInitrd(archive.subarray(0, length), () => true, fakeCodec).ok).toBe(false);
  }
});

describe("another program that takes part in a shutdown", () => {
  const unit = "/usr/lib/systemd/system/dracut-shutdown.service";

  test.each([
    [unit, "dracut does not unpack its initrd at shutdown"],
    ["/lib/systemd/system/finalrd.service", "finalrd cannot write there"],
    [
      "/usr/lib/systemd/system/mkinitcpio-generate-shutdown-ramfs.service",
      "mkinitcpio generates nothing",
    ],
    ["/usr/lib/systemd/system-shutdown/live-tools.shutdown", "live-tools asks for the medium"],
    ["/usr/lib/systemd/system/plymouth-start.service", "plymouth does not move there"],
    ["/usr/lib/molly-guard/molly-guard", "molly-guard asks before"],
  ])("is listed with what it does: %s", (path, line) => {
    const host = makeHost();
    host.putFile(path, "[Unit]");
    run(["status"], host);
    expect(host.printed).toContain(`\nbeside:   ${line}`);
    expect(ask(host).json.peers).toMatchObject([{ path }]);
  });

  test("is not listed if it is masked", () => {
    const host = makeHost();
    host.putFile(unit, "[Unit]");
    host.putLink("/etc/systemd/system/dracut-shutdown.service", "/dev/null");
    host.putDevice("/dev/null");
    expect(ask(host).json.peers).toEqual([]);
  });
});
