import { describe, expect, test } from "vitest";
import { checkImage } from "../../src/load/check-image.ts";
import { type BuildRequest, buildImage } from "../../src/pack/build-image.ts";
import { describeBuildFailure } from "../../src/pack/describe-build-failure.ts";
import { toByteString, toBytes } from "../../src/text/bytes.ts";
import { accept, refuse } from "../../src/text/checked.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, makeElf, makeShutdown } from "../fake/image-inputs.ts";

const output = "/usr/lib/exitrd/exitrd.img";
const shutdown = "/usr/lib/exitrd/exitrd-shutdown";
const request: BuildRequest = {
  ...{ shutdown, output, version: "1.2.3", imageVersion: 1, architecture: "x86_64", mtime: 0 },
  programs: [],
  same: "replace",
  signed: "replace",
  signer: undefined,
  extensions: [],
  base: undefined,
};

function makeHost(program: Uint8Array | string = makeShutdown()): FakeHost {
  const host = new FakeHost();
  host.putFile(shutdown, program);
  return host;
}

test("a built image passes the loader's check", () => {
  const host = makeHost();
  expect(buildImage(request, host)).toMatchObject({ kind: "built" });
  const image = host.files.readBytes(output, 1e6);
  expect(checkImage(image, "x86_64", fakeCodec)).toMatchObject({
    ok: true,
    value: { manifest: { version: "1.2.3", architecture: "x86_64" } },
  });
});

test("two builds give the same bytes, whatever the program's own mode", () => {
  const [one, two] = [makeHost(), makeHost()];
  two.putFile(shutdown, makeShutdown(), 0o700);
  buildImage(request, one);
  buildImage(request, two);
  expect(one.text(output)).toBe(two.text(output));
});

test.each([
  ["a script", "#!/bin/sh\n", "not-elf"],
  ["a dynamic program", makeElf({ segments: [1, 3] }), "interpreter"],
  ["another architecture's", makeElf({ machine: 183 }), "machine"],
])("%s is refused, and the old image stays", (_, program, reason) => {
  const host = makeHost(program);
  host.putFile(output, "old");
  expect(buildImage(request, host)).toEqual({
    kind: "failed",
    failure: { kind: "elf", path: shutdown, reason },
  });
  expect(host.text(output)).toBe("old");
});

test("a program that is not an exitrd-shutdown is refused, and the old image stays", () => {
  const host = makeHost(makeElf());
  host.putFile(output, "old");
  expect(buildImage(request, host)).toEqual({
    kind: "failed",
    failure: { kind: "not-shutdown", path: shutdown },
  });
  expect(host.text(output)).toBe("old");
});

test("a failure to write says that the old image is unchanged", () => {
  const host = makeHost();
  host.failures.set(`rename ${output}`, "ENOSPC");
  const result = buildImage(request, host);
  if (result.kind !== "failed") throw new Error("it was written");
  expect(describeBuildFailure(result.failure)).toBe(
    `cannot write '${output}': No space left on device: free some space there; the old image is unchanged`,
  );
});

describe("an image that the loader would refuse is not put in place", () => {
  const cases: readonly (readonly [string, Partial<typeof fakeCodec>, object])[] = [
    [
      "an archive that does not come back",
      { decompress: () => Uint8Array.of(1, 2, 3) },
      { kind: "truncated", at: 3 },
    ],
    [
      "one that cannot be unpacked",
      {
        decompress: () => {
          throw new Error("out of memory");
        },
      },
      { kind: "zstd", reason: "out of memory" },
    ],
    [
      "a file with other bytes than the manifest has",
      {
        decompress: (data, max) => {
          const archive = fakeCodec.decompress(data, max).slice();
          archive[archive.lastIndexOf(0x7f) + 8] = 1;
          return archive;
        },
      },
      { kind: "changed", path: "shutdown", what: "digest" },
    ],
  ];

  test.each(cases)("%s", (_, codec, problem) => {
    const host = makeHost();
    host.putFile(output, "old");
    const ports = { ...portsOf(host), codec: { ...fakeCodec, ...codec } };
    expect(buildImage(request, ports)).toEqual({
      kind: "failed",
      failure: { kind: "not-loadable", problem },
    });
    expect(host.text(output)).toBe("old");
  });

  test.each(["hook", "tool", "shell"] as const)("a %s that was written on Windows", (role) => {
    const host = makeHost();
    host.putFile("/bin/sh", makeElf(), 0o755);
    host.putFile("/opt/10-script", "#!/bin/sh -e\r\n", 0o755);
    const programs = [{ role, file: "/opt/10-script" }];
    const result = buildImage({ ...request, programs }, host);
    if (result.kind !== "failed") throw new Error("built");
    expect(describeBuildFailure(result.failure)).toContain(
      "'/opt/10-script': its first line ends in CR LF: convert it with dos2unix(1)",
    );
  });

  test("an interpreter at the path of one of the loader's files", () => {
    const host = makeHost();
    host.putFile(output, "old");
    host.putFile("/extensions.json", makeElf(), 0o755);
    host.putFile("/usr/bin/script", "#!/extensions.json\n", 0o755);
    const programs = [{ role: "tool", file: "/usr/bin/script" }] as const;
    const result = buildImage({ ...request, programs }, host);
    if (result.kind !== "failed") throw new Error("built");
    expect(describeBuildFailure(result.failure)).toBe(
      "cannot build: 'exitrd load' would reject the new image: it contains 'extensions.json', which only 'exitrd load' may write: leave out what was added; the old image is unchanged",
    );
    expect(host.calls.join()).not.toContain("unshare");
    expect(host.text(output)).toBe("old");
  });

  test("a damaged old image is replaced, although its manifest is the same", () => {
    const host = makeHost();
    buildImage(request, host);
    const old = host.files.readBytes(output, 1e6).slice();
    old[old.lastIndexOf(0x7f) + 8] = 1;
    host.putFile(output, old);
    expect(buildImage({ ...request, same: "keep" }, host).kind).toBe("built");
    expect(buildImage({ ...request, same: "keep" }, host).kind).toBe("same");
  });
});

describe("the signature of the old image", () => {
  const signature = `${output}.p7s`;

  test("is removed with the old image, and kept if that stays", () => {
    const host = makeHost();
    buildImage(request, host);
    host.putFile(signature, "signed");
    expect(buildImage({ ...request, same: "keep" }, host)).toEqual({ kind: "same" });
    expect(host.text(signature)).toBe("signed");
    expect(buildImage(request, host)).toMatchObject({ kind: "built", unsigned: false });
    expect(host.text(signature)).toBe("signed");
    const other = { ...request, imageVersion: 7 };
    expect(buildImage(other, host)).toMatchObject({ kind: "built", unsigned: true });
    expect(host.text(signature)).toBeUndefined();
    expect(buildImage(other, host)).toMatchObject({ kind: "built", unsigned: false });
  });

  test("is made before the image is put in place, and renewed if it is invalid", () => {
    const host = makeHost();
    const sign = (words: string, isGood = true) => ({
      sign: () => accept(toBytes(words)),
      accepts: (_: Uint8Array, bytes: Uint8Array) => isGood && toByteString(bytes) === words,
      isMadeFor: () => false,
    });
    const keep = { ...request, same: "keep" } as const;
    expect(buildImage({ ...keep, signer: sign("one") }, host).kind).toBe("built");
    expect(host.text(signature)).toBe("one");
    expect(buildImage({ ...keep, signer: sign("one") }, host).kind).toBe("same");
    expect(buildImage({ ...keep, signer: sign("two") }, host).kind).toBe("built");
    expect(host.text(signature)).toBe("two");
    const old = host.text(output);
    const failing = { ...sign("three"), sign: () => refuse({ kind: "no-openssl" } as const) };
    const result = buildImage({ ...request, imageVersion: 9, signer: failing }, host);
    if (result.kind !== "failed") throw new Error("it was built");
    expect(describeBuildFailure(result.failure)).toBe(
      `cannot sign '${output}': openssl not found: install the package openssl; the old image is as it was`,
    );
    expect([host.text(output), host.text(signature)]).toEqual([old, "two"]);
  });

  test("is next to the image while that is replaced, and longer if that fails", () => {
    const host = makeHost();
    const isNever = () => false;
    const signer = { sign: () => accept(toBytes("new")), accepts: isNever, isMadeFor: isNever };
    expect(buildImage({ ...request, signer }, host).kind).toBe("built");
    expect(host.text(`${signature}.next`)).toBeUndefined();
    host.failures.set(`rename ${signature}`, "EIO");
    const old = host.text(output);
    const result = buildImage({ ...request, imageVersion: 9, signer }, host);
    expect(result).toMatchObject({ kind: "failed", failure: { kind: "unwritable" } });
    expect(host.text(output)).not.toBe(old);
    expect(host.text(`${signature}.next`)).toBe("new");
    // But not if the image itself could not be written.
    const other = makeHost();
    other.failures.set(`rename ${output}`, "ENOSPC");
    buildImage({ ...request, signer }, other);
    expect(other.text(`${signature}.next`)).toBeUndefined();
  });

  // Of the image that was replaced when the machine died.
  test.each([true, false])(
    "is kept if the replacement after an interrupted one fails (the key is the same: %s)",
    (isSameKey) => {
      const host = makeHost();
      const belongs = (image: Uint8Array, by: Uint8Array) =>
        toByteString(image) === second && ["two", "again"].includes(toByteString(by));
      const sign = (words: string) => ({
        sign: () => accept(toBytes(words)),
        accepts: (image: Uint8Array, by: Uint8Array) => isSameKey && belongs(image, by),
        isMadeFor: belongs,
      });
      let second: string | undefined;
      buildImage({ ...request, signer: sign("one") }, host);
      host.failures.set(`rename ${signature}`, "EIO");
      buildImage({ ...request, imageVersion: 2, signer: sign("two") }, host);
      host.failures.clear();
      second = host.text(output);
      expect([host.text(signature), host.text(`${signature}.next`)]).toEqual(["one", "two"]);
      host.failures.set(`rename ${output}`, "ENOSPC");
      const failed = buildImage({ ...request, imageVersion: 3, signer: sign("three") }, host);
      expect(failed.kind).toBe("failed");
      expect([host.text(output), host.text(signature)]).toEqual([second, "two"]);
      // If not even that can be written, the other signature stays.
      host.putFile(signature, "one");
      host.putFile(`${signature}.next`, "two");
      host.failures.set(`rename ${signature}`, "ENOSPC");
      buildImage({ ...request, imageVersion: 3, signer: sign("three") }, host);
      expect([host.text(output), host.text(`${signature}.next`)]).toEqual([second, "two"]);
      host.failures.delete(`rename ${signature}`);
      host.putFile(signature, "again");
      buildImage({ ...request, imageVersion: 3, signer: sign("three") }, host);
      expect([host.text(output), host.text(signature)]).toEqual([second, "again"]);
    },
  );

  test("is reported if it cannot be removed", () => {
    const host = makeHost();
    host.putFile(signature, "signed");
    const before = host.text(output);
    host.failures.set(`unlink ${signature}`, "EPERM");
    const result = buildImage(request, host);
    if (result.kind !== "failed") throw new Error("it was removed");
    expect(describeBuildFailure(result.failure)).toBe(
      `cannot remove '${signature}': Operation not permitted: remove it first, since the new image could not be loaded beside it; the old image is unchanged`,
    );
    expect(host.text(output)).toEqual(before);
  });
});

describe("programs to run at shutdown", () => {
  const elf = makeElf();
  const dynamic = makeElf({ segments: [1, 3] });

  function build(files: Readonly<Record<string, Uint8Array | string>>, mode = 0o755) {
    const host = makeHost();
    for (const [path, data] of Object.entries(files)) host.putFile(path, data, mode);
    const roles = { hook: "hook", script: "system-shutdown", shell: "shell" } as const;
    const programs = Object.keys(files).map((file) => {
      const role = roles[file.split("/")[1] as keyof typeof roles];
      return { role, file };
    });
    return { host, result: buildImage({ ...request, programs }, host) };
  }

  test("are at their paths, and the loader accepts the image", () => {
    const files = { "/script/ups": elf, "/hook/20-b": "#! /bin/sh -e\n", "/hook/10-a": elf };
    const { host, result } = build({ ...files, "/shell/busybox": elf });
    expect(result.kind).toBe("built");
    const checked = checkImage(host.files.readBytes(output, 1e6), "x86_64", fakeCodec);
    if (!checked.ok) throw new Error(checked.problem.kind);
    const added = checked.value.entries.filter(
      ({ path }) => path.startsWith("usr") || path.startsWith("bin"),
    );
    expect(added.map(({ path, mode }) => `${mode.toString(8)} ${path}`)).toEqual([
      "755 bin",
      "755 usr",
      "755 usr/lib",
      "755 usr/lib/exitrd",
      "755 usr/lib/exitrd/hooks.d",
      "755 usr/lib/systemd",
      "755 usr/lib/systemd/system-shutdown",
      "555 bin/sh",
      "555 usr/lib/exitrd/hooks.d/10-a",
      "555 usr/lib/exitrd/hooks.d/20-b",
      "555 usr/lib/systemd/system-shutdown/ups",
    ]);
  });

  test.each<[string, Readonly<Record<string, Uint8Array | string>>, RegExp]>([
    ["a bad name", { "/hook/note": elf }, /'\/hook\/note': a hook must be named NN-name/],
    ["a name with a control character", { "/script/a\n": elf }, /its name is not safe/],
    [
      "the same name twice",
      { "/hook/10-a": elf, "/hook/x/10-a": elf },
      /rename it, or leave one out$/,
    ],
    ["a dynamic program", { "/hook/10-a": dynamic }, /'\/hook\/10-a' is not statically linked/],
    [
      "a script without its shell",
      { "/hook/10-a": "#!/bin/sh\n" },
      /'\/bin\/sh' is not in the image/,
    ],
    ["neither", { "/hook/10-a": "echo" }, /is not a 64-bit little-endian ELF file/],
    ["an empty file", { "/hook/10-a": "" }, /is not a 64-bit little-endian ELF file/],
  ])("%s is refused in one line", (_, files, words) => {
    const { host, result } = build(files);
    if (result.kind !== "failed") throw new Error("built");
    expect(describeBuildFailure(result.failure)).toMatch(words);
    expect(host.text(output)).toBeUndefined();
  });

  test("those that others may not read keep their mode, and so does the image", () => {
    const modeOf = (host: FakeHost, end: string) => {
      const checked = checkImage(host.files.readBytes(output, 1e6), "x86_64", fakeCodec);
      if (!checked.ok) throw new Error(checked.problem.kind);
      return checked.value.entries.find(({ path }) => path.endsWith(end))?.mode;
    };
    const image = (host: FakeHost) => host.files.status(output)?.mode;
    const open = build({ "/hook/10-a": elf }, 0o755).host;
    expect([modeOf(open, "10-a"), image(open)]).toEqual([0o555, 0o644]);
    for (const mode of [0o700, 0o750, 0o711]) {
      const { host } = build({ "/hook/10-a": elf }, mode);
      expect([modeOf(host, "10-a"), modeOf(host, "shutdown")]).toEqual([0o500, 0o555]);
      expect(image(host)).toBe(0o600);
    }
  });

  test("one that is not executable or does not exist is refused", () => {
    const { result } = build({ "/hook/10-a": elf }, 0o644);
    expect(result).toEqual({
      kind: "failed",
      failure: { kind: "no-executable-bit", path: "/hook/10-a" },
    });
    const programs = [{ role: "hook", file: "10-none" }] as const;
    expect(buildImage({ ...request, programs }, makeHost())).toMatchObject({
      failure: { kind: "unreadable", path: "10-none" },
    });
  });
});

function portsOf({ files, codec, staged, machine, extensionTrees, commands }: FakeHost) {
  return { files, codec, staged, machine, extensionTrees, commands };
}
