import { describe, expect, test } from "vitest";
import { defaultShutdown } from "../../src/cli/command.ts";
import { run } from "../../src/cli/run.ts";
import { checkImage } from "../../src/load/check-image.ts";
import { localImage } from "../../src/load/image-places.ts";
import { toBytes } from "../../src/text/bytes.ts";
import { makeDynamicElf } from "../fake/dynamic-elf.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, makeElf, makeShutdown } from "../fake/image-inputs.ts";
import { directory, file, link, makeNewc } from "../fake/make-newc.ts";

const initrdPath = "/boot/initrd.img-6.1.0";
const conf = "/etc/exitrd/build.conf";
const runner = "/usr/lib/exitrd/hooks/50-dracut";
const hook = "usr/lib/dracut/hooks/shutdown/40-own.sh";
const program = makeDynamicElf({});

const initrd = makeNewc([
  ...[directory("usr"), directory("usr/bin"), directory("usr/sbin")],
  ...[link("bin", "usr/bin"), link("sbin", "usr/sbin"), file("usr/bin/sh", program, 0o100755)],
  ...[file("usr/sbin/tool", program, 0o100755), file("shutdown", "dracut's", 0o100755)],
  ...[file("cryptroot/keyfiles/root.key", "key"), file("usr/lib/modules/6.1.0/a.ko", "module")],
  file(hook, "#!/bin/sh\n", 0o100755),
]);

function makeHost(base: Uint8Array | null = initrd): FakeHost {
  const host = new FakeHost();
  host.reader = { ...host.reader, kernelRelease: () => "6.1.0" };
  host.putFile(defaultShutdown, makeShutdown());
  host.putFile(runner, "#!/bin/sh\n", 0o755);
  if (base !== null) host.putFile(initrdPath, base);
  return host;
}

function execute(host: FakeHost, line: string) {
  const code = run(line.split(" "), host);
  return { code, said: host.said.splice(0), printed: host.printed };
}

function listImage(host: FakeHost): readonly string[] {
  const checked = checkImage(host.files.readBytes(localImage, 1e7), "x86_64", fakeCodec);
  if (!checked.ok) throw new Error(checked.problem.kind);
  return checked.value.entries.map((entry) => {
    return entry.kind === "link" ? `${entry.path} -> ${entry.target}` : entry.path;
  });
}

const said = [
  `exitrd: the base is '${initrdPath}', without 1 modules, firmware and other files of no use at shutdown`,
  "exitrd: left out '/cryptroot/keyfiles/root.key', which may be a secret",
  `exitrd: '/${hook}' will run after-umount`,
  expect.stringMatching(`^exitrd: built '${localImage}'`),
];

test("an image is based on the contents of the initrd, with its own program on top", () => {
  const host = makeHost();
  expect(execute(host, "build --base initrd")).toMatchObject({ code: 0, said });
  const paths = listImage(host);
  expect(paths.at(-1)).toBe("shutdown");
  expect(paths).toEqual(
    expect.arrayContaining([
      ...["bin -> usr/bin", "sbin/init", "sbin/tool -> ../usr/sbin/tool", "usr/sbin/tool"],
      ...[hook, "usr/lib/exitrd/hooks.d/50-dracut"],
    ]),
  );
  expect(paths.filter((path) => /root\.key|modules|sbin ->/.test(path))).toEqual([]);
});

test("the result names the initrd, the secrets and the hooks", () => {
  const host = makeHost();
  execute(host, "build --base initrd --json");
  expect(JSON.parse(host.printed).result.base).toEqual({
    path: initrdPath,
    secrets: ["/cryptroot/keyfiles/root.key"],
    leftOut: 1,
    hooks: [{ path: `/${hook}`, stage: "after-umount" }],
    needlessHooks: [],
  });
});

test("an upgrade of a file that is also on the machine is noticed", () => {
  const host = makeHost();
  host.putFile("/usr/sbin/tool", program, 0o755);
  host.putFile("/usr/bin/sh", "another", 0o755);
  execute(host, "build --base initrd");
  const { manifest } = expectOk(host);
  const copied = manifest.entries.flatMap((entry) =>
    "origin" in entry && entry.path.startsWith("usr/") ? [entry.origin?.file] : [],
  );
  expect(copied).toEqual([runner, "/usr/sbin/tool"]);
});

function expectOk(host: FakeHost) {
  const checked = checkImage(host.files.readBytes(localImage, 1e7), "x86_64", fakeCodec);
  if (!checked.ok) throw new Error(checked.problem.kind);
  return checked.value;
}

test("a tool replaces the initrd's, with directories where the initrd has links", () => {
  const host = makeHost();
  host.putFile("/bin/sh", makeElf(), 0o755);
  execute(host, "build --base initrd --shell /bin/sh");
  expect(listImage(host)).toEqual(expect.arrayContaining(["bin", "bin/sh", "usr/bin/sh"]));
});

describe("build.conf", () => {
  test("can name the base, and the command line has precedence", () => {
    const host = makeHost();
    host.putFile(conf, "[Build]\nBase=initrd=/boot/other\n");
    host.putFile("/boot/other", makeNewc([file("other", "")]));
    expect(execute(host, "build --configured").said[0]).toMatch("the base is '/boot/other'");
    expect(execute(host, "build --configured --base initrd").said).toEqual(said);
    host.putFile(conf, "[Build]\nBase=initrd\nBase=\n");
    expect(execute(host, "build --configured").said).toHaveLength(1);
  });

  test.each(["Base=root", "Base=initrd=", "Base=initrd=relative"])("rejects %s", (line) => {
    const host = makeHost();
    host.putFile(conf, `[Build]\n${line}\n`);
    expect(execute(host, "build --configured")).toMatchObject({
      code: 1,
      said: [
        `exitrd: cannot build: ${conf}:2: Base='${line.slice(5)}' is neither 'initrd' nor 'initrd=' with an absolute path`,
      ],
    });
  });
});

describe("without a usable initrd, nothing is built", () => {
  test.each([
    [
      "build --base initrd",
      "cannot build: the initrd of Linux 6.1.0 was not found: name it with --base initrd=FILE",
    ],
    [
      "build --base initrd=/none",
      "cannot read '/none': No such file or directory: name an initrd, or a kernel image that contains one, with --base initrd=FILE",
    ],
    [
      "build --base initrd=/packed",
      "cannot build on '/packed': it is compressed with lz4: install lz4, which unpacks it",
    ],
    [
      "build --base initrd=/text",
      "cannot build on '/text': its format is unknown: name another one with --base initrd=FILE",
    ],
    ["build --base root", "cannot build: --base takes 'initrd' or 'initrd=' and a file"],
  ])("%s", (line, words) => {
    const host = makeHost(null);
    host.putFile("/packed", "\x02\x21\x4c\x18");
    host.putFile("/text", "text");
    const { code, said: lines } = execute(host, line);
    expect(code).not.toBe(0);
    expect(lines[0]).toBe(`exitrd: ${words}`);
    expect(host.text(localImage)).toBeUndefined();
  });
});

test("other formats are decompressed by their programs, whose errors are passed on", () => {
  const host = makeHost(toBytes("\xfd7zXZ\0"));
  const calls: string[] = [];
  let end = { status: 0, stderr: "" };
  let output: Uint8Array = initrd;
  host.commands = {
    ...host.commands,
    filter: (name, args, _, use) => {
      calls.push([name, ...args].join(" "));
      use(output);
      return end;
    },
  };
  expect(execute(host, "build --base initrd").said).toEqual(said);
  expect(calls).toEqual(["xz -dc"]);
  end = { status: 1, stderr: "\nxz: (stdin): Unexpected end of input\n" };
  // The kernel ignores what follows the archive, too.
  expect(execute(host, "build --base initrd").code).toBe(0);
  output = initrd.subarray(0, 900);
  expect(execute(host, "build --base initrd")).toMatchObject({
    code: 1,
    said: [
      `exitrd: cannot build on '${initrdPath}': xz: (stdin): Unexpected end of input: name another one with --base initrd=FILE`,
    ],
  });
});

test("the initrd may be in a kernel image, which is found by the kernel's release", () => {
  const host = makeHost(null);
  const place = "/boot/efi/EFI/Linux/0123-6.1.0.efi";
  host.putFile("/boot/efi/EFI/Linux/0123-6.0.0.efi", "old");
  host.putFile(place, "MZ");
  expect(execute(host, "build --base initrd").said[0]).toMatch(`cannot build on '${place}': `);
});

const machine = "0123456789abcdef".repeat(2);

test.each([
  ["linux-6.1.0.efi", true],
  ["linux-6.1.0+3-1.efi", true],
  [`linux-6.1.0-${machine}-rolling.efi`, true],
  [`${machine}-6.1.0-${machine}${machine}+3.efi`, true],
  ["linux-6.1.01.efi", false],
  ["linux-6.1.0.1.efi", false],
  ["linux-6.1.0-rc6.efi", false],
  ["linux-6.1.0+debug.efi", false],
  ["linux-16.1.0.efi", false],
  ["linux-6.1.0.efi.bak", false],
])("%s as the kernel image of 6.1.0: %s", (name, isFound) => {
  const host = makeHost(null);
  host.putFile(`/efi/EFI/Linux/${name}`, "MZ");
  const said = execute(host, "build --base initrd").said[0] ?? "";
  expect(said.includes(`cannot build on '/efi/EFI/Linux/${name}': `)).toBe(isFound);
});

describe("an initrd on disk, if Secure Boot verified the one that was booted", () => {
  const variables = "/sys/firmware/efi/efivars";
  const secureBoot = `${variables}/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c`;
  const stub = `${variables}/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f`;

  function makeVerified(on: number, dev: string): FakeHost {
    const host = makeHost();
    host.putFile("/usr/bin/exitrd", "", 0o755);
    const node = { kind: "file", mode: 0o644, dev, data: initrd } as const;
    host.layers[0]?.nodes.set(initrdPath, node);
    host.putFile(secureBoot, new Uint8Array([6, 0, 0, 0, on]));
    host.putFile(stub, "");
    return host;
  }

  test("is not trusted on another disk than the loader's, unless it is named", () => {
    const host = makeVerified(1, "8:1");
    expect(execute(host, "build --base initrd")).toMatchObject({
      code: 1,
      said: [
        `exitrd: cannot build: Secure Boot verified the initrd that was booted, but not '${initrdPath}', which is on another disk than this program: copy an initrd that you trust to this disk, and name it with --base initrd=FILE`,
      ],
    });
    host.putFile(conf, "[Build]\nBase=initrd\n");
    expect(execute(host, "build --configured").code).toBe(1);
    expect(host.text(localImage)).toBeUndefined();
    expect(execute(host, `build --base initrd=${initrdPath}`).code).toBe(0);
  });

  test("is trusted on the loader's disk, without Secure Boot, and if there was nothing to verify", () => {
    expect(execute(makeVerified(1, "0:1"), "build --base initrd").code).toBe(0);
    expect(execute(makeVerified(0, "8:1"), "build --base initrd").code).toBe(0);
    const host = makeVerified(1, "8:1");
    host.files.removeFile(stub);
    expect(execute(host, "build --base initrd").code).toBe(0);
  });
});
