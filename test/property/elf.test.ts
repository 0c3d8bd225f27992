import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseBuildConf } from "../../src/image/build-conf.ts";
import { matchesGlob, parseLdSoConf } from "../../src/image/elf/ld-so-conf.ts";
import { type ElfFile, readElf } from "../../src/image/elf/read-elf.ts";
import { makeDynamicElf } from "../fake/dynamic-elf.ts";
import { mutated, mutatedBytes } from "./mutations.ts";

const small = makeDynamicElf({
  ...{ interpreter: "/lib64/ld.so", needed: ["liba.so.1"], rpath: "/a:/b", runpath: "$ORIGIN" },
  ...{ soname: "me.so", notes: ['[{"soname":["libb.so.1"],"priority":"required"}]'] },
});
const real = readFileSync("/bin/true");

/**
 * All results come from the file: no name is longer than it, and there are no more names than
 * bytes.
 */
function checkBounds(elf: ElfFile, size: number): void {
  const names = [...elf.needed, ...elf.rpath, ...elf.runpath, elf.soname ?? ""];
  for (const name of [...names, elf.interpreter ?? ""]) {
    expect(name.length).toBeLessThan(size);
    expect(name).not.toContain("\0");
  }
  expect(elf.needed.length + elf.dlopen.length).toBeLessThan(size);
}

test("a changed program is parsed within its bounds, or refused with a reason", () => {
  const reasons = ["not-elf", "truncated", "not-executable", "bad-note"];
  const check = (bytes: Uint8Array): void => {
    const elf = readElf(bytes);
    if (elf.ok) checkBounds(elf.value, bytes.length);
    else expect(reasons).toContain(elf.problem);
  };
  fc.assert(fc.property(mutatedBytes([small]), check), { numRuns: 3000 });
  fc.assert(fc.property(mutatedBytes([real]), check), { numRuns: 300 });
});

test("no number in a program's tables, and no truncation, makes the parser throw", () => {
  const at = fc.integer({ min: 0, max: small.length - 8 });
  const value = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: 0n, max: 1024n }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(at, value), { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = small.slice();
      const view = new DataView(bytes.buffer);
      for (const [offset, number] of changes) view.setBigUint64(offset, number, true);
      const elf = readElf(bytes);
      if (elf.ok) checkBounds(elf.value, bytes.length);
    }),
    { numRuns: 5000 },
  );
  for (let length = 0; length < small.length; length++) readElf(small.subarray(0, length));
});

test("build.conf yields absolute paths, or the line with the mistake", () => {
  const odd = ["[Build]\nTool=/a\nHook=/b \\\n c\n", "[Build]\n[Build]\nShell=\n", "[Build"];
  fc.assert(
    fc.property(mutated(odd), (text) => {
      const conf = parseBuildConf(text);
      if (conf.kind === "wrong") expect(conf.line).toBeLessThanOrEqual(text.split("\n").length);
      else for (const { file } of conf.entries) expect(file).toMatch(/^\//);
    }),
    { numRuns: 1000 },
  );
});

test("ld.so.conf yields absolute directories and no empty patterns", () => {
  const odd = ["include ld.so.conf.d/*.conf\n/opt/lib:/x, /y\n", "hwcap 1 a\n#/b\n"];
  fc.assert(
    fc.property(mutated(odd), (text) => {
      for (const line of parseLdSoConf(text)) {
        if (line.kind === "directory") expect(line.path).not.toMatch(/^[^/]/);
        else expect(line.pattern).not.toBe("");
      }
    }),
  );
});

test("a pattern matches like the equivalent regular expression", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 6 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 5 });
  fc.assert(
    fc.property(letters, pattern, (name, glob) => {
      const expected = new RegExp(`^${glob.replaceAll("*", ".*")}$`).test(name);
      expect(matchesGlob(name, glob)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});
