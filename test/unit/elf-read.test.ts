import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readShebang } from "../../src/image/added-program.ts";
import { matchesGlob, parseLdSoConf } from "../../src/image/elf/ld-so-conf.ts";
import { expandTokens, isBuiltIn, normalizePath } from "../../src/image/elf/library-paths.ts";
import { readElf } from "../../src/image/elf/read-elf.ts";
import { toBytes } from "../../src/text/bytes.ts";
import { makeDynamicElf } from "../fake/dynamic-elf.ts";
import { makeElf } from "../fake/image-inputs.ts";

test("the interpreter, the libraries and the search path of a program are parsed", () => {
  const shape = {
    ...{ interpreter: "/lib64/ld.so", needed: ["liba.so.1", "libb.so.2"], soname: "me.so" },
    ...{ rpath: "$ORIGIN/../lib:/opt", runpath: ":/run path:", flags1: 0x800 },
  };
  expect(readElf(makeDynamicElf(shape))).toEqual({
    ok: true,
    value: {
      ...{ machine: 62, interpreter: "/lib64/ld.so", needed: ["liba.so.1", "libb.so.2"] },
      ...{ rpath: ["$ORIGIN/../lib", "/opt"], runpath: ["/run path"], soname: "me.so" },
      ...{ noDefaults: true, dlopen: [] },
    },
  });
});

test("a static program needs nothing", () => {
  expect(readElf(makeElf())).toMatchObject({
    value: { interpreter: undefined, needed: [], dlopen: [] },
  });
});

test("a program of this machine needs libc", () => {
  expect(readElf(readFileSync("/bin/true"))).toMatchObject({
    value: { interpreter: expect.stringContaining("/ld"), needed: ["libc.so.6"] },
  });
});

describe(".note.dlopen", () => {
  test("lists libraries, alternatives and their priority", () => {
    const notes = [
      '[{"soname":["liba.so.2","liba.so.1"],"priority":"required"},{"soname":["libb.so.1"]}]',
      '[{"soname":["libc.so.1"],"priority":"suggested","feature":"x"}]',
    ];
    expect(readElf(makeDynamicElf({ notes }))).toMatchObject({
      value: {
        dlopen: [
          { sonames: ["liba.so.2", "liba.so.1"], priority: "required" },
          { sonames: ["libb.so.1"], priority: "recommended" },
          { sonames: ["libc.so.1"], priority: "suggested" },
        ],
      },
    });
  });

  test.each(["{", "{}", "[1]", "[{}]", '[{"soname":[]}]', '[{"soname":["../x"]}]'])(
    "%s is refused",
    (note) => {
      expect(readElf(makeDynamicElf({ notes: [note] }))).toEqual({
        ok: false,
        problem: "bad-note",
      });
    },
  );
});

test("a table or a name that lies outside the file is refused", () => {
  const good = makeDynamicElf({ interpreter: "/ld.so", needed: ["liba.so"] });
  const text = Buffer.from(good).toString("latin1");
  const change = (old: string, now: string) => Buffer.from(text.replace(old, now), "latin1");
  expect(readElf(change("/ld.so\0", "/ld.so!"))).toEqual({ ok: false, problem: "truncated" });
  expect(readElf(change("/ld.so\0", "/ld\0so\0"))).toEqual({ ok: false, problem: "truncated" });
  expect(readElf(good.subarray(0, 200))).toEqual({ ok: false, problem: "truncated" });
});

test("$ORIGIN, $LIB and $PLATFORM are replaced, with braces or without", () => {
  expect(expandTokens(`$ORIGIN/../x:\${PLATFORM}`, "/opt/bin", "aarch64")).toEqual([
    "/opt/bin/../x:aarch64",
  ]);
  expect(expandTokens(`/usr/\${LIB}`, "", "ppc64le")).toEqual([
    "/usr/lib/powerpc64le-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
  ]);
});

test("a path is normalized as text", () => {
  expect(normalizePath("/opt/bin/../lib//./x")).toBe("/opt/lib/x");
  expect(normalizePath("/../..")).toBe("/");
});

test("libraries inside the loader are not searched for", () => {
  const musl = "/lib/ld-musl-x86_64.so.1";
  expect(
    ["libc.so", "libpthread.so.0", "libcap.so.2", "libz.so.1"].map((name) => isBuiltIn(name, musl)),
  ).toEqual([true, true, false, false]);
  expect(isBuiltIn("ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2")).toBe(true);
  expect(isBuiltIn("libc.so.6", "/lib64/ld-linux-x86-64.so.2")).toBe(false);
});

test("ld.so.conf has directories, includes and comments", () => {
  const text =
    "# old\ninclude ld.so.conf.d/*.conf\n\t/opt/lib/ # ours\nhwcap 1 x\n/a:/b,/c\nrelative\n";
  expect(parseLdSoConf(text)).toEqual([
    { kind: "include", pattern: "ld.so.conf.d/*.conf" },
    ...["/opt/lib", "/a", "/b", "/c"].map((path) => ({ kind: "directory", path })),
  ]);
});

test.each([
  ["libc.conf", "*.conf", true],
  [".hidden.conf", "*.conf", false],
  ["libc.conf", "lib*.conf", true],
  ["libc.conf", "lib*c*.conf", true],
  ["a.conf", "a*a.conf", false],
  ["libc.conf", "libc.conf", true],
  ["libc.confx", "*.conf", false],
])("%s and %s: %s", (name, pattern, matches) => {
  expect(matchesGlob(name, pattern)).toBe(matches);
});

test.each([
  ["#!/bin/sh\n", "/bin/sh", ""],
  ["#! \t/usr/bin/env\tpython3  -u \nx", "/usr/bin/env", "python3  -u"],
  ["#!", "", ""],
  // Written on Windows: the kernel looks for a program of that name.
  ["#!/bin/sh\r\n", "/bin/sh\r", ""],
  ["#!/usr/bin/env python3\r\n", "/usr/bin/env", "python3\r"],
])("%j names its interpreter", (text, interpreter, argument) => {
  const hasCr = text.includes("\r");
  expect(readShebang(toBytes(text))).toEqual({ interpreter, argument, hasCr });
  expect(readShebang(toBytes(text.slice(1)))).toBeUndefined();
});
