import { describe, expect, test } from "vitest";
import { placeProgram } from "../../src/image/added-program.ts";
import { checkEntries } from "../../src/image/check-entries.ts";
import { composeImage } from "../../src/image/compose-image.ts";
import type { CpioEntry } from "../../src/image/cpio-entry.ts";
import { describeProblem } from "../../src/image/describe-problem.ts";
import { describeEntry, type Manifest, stringifyManifest } from "../../src/image/manifest.ts";
import { parseManifest } from "../../src/image/parse-manifest.ts";
import { isOurRelease, makeRelease } from "../../src/image/release.ts";
import { toByteString, toBytes } from "../../src/text/bytes.ts";
import { refuse } from "../../src/text/checked.ts";
import { keptPaths, mountPoints, writtenPaths } from "../../src/text/tree-paths.ts";
import { imageInput, makeElf, sha256 } from "../fake/image-inputs.ts";

const image = composeImage(imageInput, sha256);

function check(entries: readonly CpioEntry[], machine: string | undefined = "x86_64") {
  return checkEntries(entries, machine, sha256);
}

function change(path: string, to: (entry: CpioEntry) => CpioEntry): readonly CpioEntry[] {
  return image.map((entry) => (entry.path === path ? to(entry) : entry));
}

function addManifest(entries: readonly CpioEntry[]): readonly CpioEntry[] {
  const manifest: Manifest = {
    ...{ format: 1, version: "1", architecture: "x86_64", extensions: [] },
    entries: entries.map((entry) => describeEntry(entry, sha256)),
  };
  const data = toBytes(stringifyManifest(manifest));
  return [{ kind: "file", path: "manifest.json", mode: 0o444, data }, ...entries];
}

test("an image contains the mount points, the release, the manifest and, last, the program", () => {
  expect(image.map(({ path }) => path)).toEqual([
    "dev",
    "mnt",
    "oldroot",
    "proc",
    "run",
    "sys",
    "etc",
    "sbin",
    "etc/initrd-release",
    "sbin/init",
    "manifest.json",
    "shutdown",
  ]);
});

test("an image passes its own check", () => {
  expect(check(image)).toMatchObject({
    ok: true,
    value: { format: 1, version: "1.2.3", architecture: "x86_64" },
  });
});

test("the manifest is readable text, and is parsed to the same", () => {
  const entry = image.find(({ path }) => path === "manifest.json");
  const text = entry?.kind === "file" ? toByteString(entry.data) : "";
  expect(text.split("\n").slice(0, 2)).toEqual([
    '{"format":1,"version":"1.2.3","architecture":"x86_64","entries":[',
    '    {"path":"dev","mode":"0755"},',
  ]);
  const manifest = parseManifest(text);
  expect(manifest.ok && stringifyManifest(manifest.value)).toBe(text);
});

test("a path that is not UTF-8 is preserved in the manifest", () => {
  const entries = [{ path: "caf\xe9", mode: "0755" }];
  const manifest: Manifest = {
    format: 1,
    version: "1",
    architecture: "x",
    extensions: [],
    entries,
  };
  expect(parseManifest(stringifyManifest(manifest))).toEqual({ ok: true, value: manifest });
});

test("a path with a character that is not a byte is rejected", () => {
  const entries = [{ path: "\ud800", mode: "0755" }];
  const manifest: Manifest = {
    format: 1,
    version: "1",
    architecture: "x",
    extensions: [],
    entries,
  };
  const problem = { kind: "bad-manifest", reason: "no 'entries'" };
  expect(parseManifest(stringifyManifest(manifest))).toEqual({ ok: false, problem });
});

describe("the check reports", () => {
  test("a changed byte, size and mode", () => {
    const byte = change("shutdown", (entry) => ({ ...entry, data: makeElf({ fileSize: 63 }) }));
    const size = change("shutdown", (entry) => ({ ...entry, data: toBytes("x") }));
    const mode = change("shutdown", (entry) => ({ ...entry, mode: 0o777 }));
    const what = [byte, size, mode].map((entries) => check(entries));
    expect(what).toMatchObject(
      ["digest", "size", "mode"].map((kind) => ({
        problem: { kind: "changed", path: "shutdown", what: kind },
      })),
    );
  });

  test("missing and additional files", () => {
    expect(check(image.filter(({ path }) => path !== "oldroot"))).toMatchObject({
      problem: { kind: "missing", path: "oldroot" },
    });
    expect(check([{ kind: "directory", path: "bin", mode: 0o755 }, ...image])).toMatchObject({
      problem: { kind: "extra", path: "bin" },
    });
    expect(check(image.filter(({ path }) => path !== "manifest.json"))).toMatchObject({
      problem: { kind: "no-manifest" },
    });
  });

  test("a file that became a directory", () => {
    const entries = change("shutdown", ({ path }) => ({ kind: "directory", path, mode: 0o555 }));
    expect(check(entries)).toMatchObject({ problem: { kind: "missing", path: "shutdown" } });
  });

  test.each([...writtenPaths, ...keptPaths])("'%s', which only the loader may write", (path) => {
    for (const kind of ["file", "directory"] as const) {
      const extensionEntries = [{ kind, path, mode: 0o555, data: new Uint8Array() }];
      const made = composeImage({ ...imageInput, extensionEntries }, sha256);
      expect(check(made)).toEqual(refuse({ kind: "loaders-own", path }));
    }
  });

  test.each([...mountPoints, "sbin/init"])("a link at '%s', which is never compared", (path) => {
    const link = { kind: "link", path, mode: 0o777, target: "etc" } as const;
    const rest = change(path, () => link).filter((entry) => entry.path !== "manifest.json");
    expect(check(addManifest(rest))).toEqual(refuse({ kind: "missing", path }));
  });

  test("an image without a release file, which identifies its tree", () => {
    const rest = image.filter(
      ({ path }) => path !== "etc/initrd-release" && path !== "manifest.json",
    );
    expect(check(addManifest(rest))).toEqual(
      refuse({ kind: "missing", path: "etc/initrd-release" }),
    );
  });

  test("another order of unpacking", () => {
    expect(check([...image.slice(-1), ...image.slice(0, -1)])).toMatchObject({
      problem: { kind: "shutdown-not-last" },
    });
  });

  test("another architecture, unless any is accepted", () => {
    expect(check(image, "aarch64")).toMatchObject({
      problem: { kind: "architecture", image: "x86_64", machine: "aarch64" },
    });
    expect(checkEntries(image, undefined, sha256).ok).toBe(true);
  });

  test.each([
    ["interpreter", makeElf({ segments: [1, 3] })],
    ["machine", makeElf({ machine: 183 })],
  ])("a program with reason '%s', though its digest is right", (reason, shutdown) => {
    expect(check(composeImage({ ...imageInput, shutdown }, sha256))).toMatchObject({
      problem: { kind: "elf", path: "shutdown", reason },
    });
  });
});

describe("the manifest is refused", () => {
  const good =
    '{"format":1,"version":"1","architecture":"x","entries":[\n    {"path":"a","mode":"0755"}\n]}\n';

  test.each([
    ["no JSON", "{"],
    ["an array", "[]"],
    ["null", "null"],
    ["no format", "{}"],
    ["other spacing", good.replace('":"', '": "')],
    ["an unknown key", good.replace('"mode"', '"owner":"x","mode"')],
    ["a mode of five digits", good.replace("0755", "04755")],
    ["a digest without a size", good.replace('"0755"', `"0755","sha256":"${"0".repeat(64)}"`)],
    ["a version that breaks out of a line", good.replace('"1"', '"1\\nID=x"')],
  ])("with %s", (_, text) => {
    expect(parseManifest(text)).toMatchObject({ problem: { kind: "bad-manifest" } });
  });

  test("of a later format, by its number", () => {
    expect(parseManifest('{"format":2}')).toMatchObject({
      problem: { kind: "manifest-format", format: 2 },
    });
  });

  test("but not this one", () => {
    expect(parseManifest(good).ok).toBe(true);
  });
});

test("every problem has a sentence of its own", () => {
  expect(describeProblem({ kind: "architecture", image: "aarch64", machine: "x86_64" })).toBe(
    "it was built for aarch64, but this machine is x86_64",
  );
  expect(describeProblem({ kind: "elf", path: "shutdown", reason: "interpreter" })).toBe(
    "'shutdown' is not statically linked",
  );
});

test("a tool of /sbin is next to the file that /shutdown is bound over for sysvinit", () => {
  const origin = { file: "/sbin/zpool" };
  const tool = { path: "sbin/zpool", data: makeElf(), mode: 0o555, origin };
  const entries = composeImage({ ...imageInput, programs: [tool] }, sha256);
  expect(check(entries).ok).toBe(true);
  expect(placeProgram("tool", "/sbin/zpool")).toBe("sbin/zpool");
  expect(placeProgram("tool", "/sbin/init")).toBeUndefined();
});

test("the release is ours, and Debian's own initrd-release is not", () => {
  expect(isOurRelease(makeRelease("1.2.3", 7))).toBe(true);
  expect(isOurRelease("ID=debian\nNAME=exitrd\n")).toBe(false);
});

test.each(mountPoints)("no tool is placed below '%s', which a mount covers", (place) => {
  expect(placeProgram("tool", `/${place}/bin/tool`)).toBeUndefined();
});
