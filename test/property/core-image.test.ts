import fc from "fast-check";
import { expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { parseArguments } from "../../src/cli/parse-arguments.ts";
import { checkEntries } from "../../src/image/check-entries.ts";
import { composeImage } from "../../src/image/compose-image.ts";
import { describeProblem } from "../../src/image/describe-problem.ts";
import { checkElf } from "../../src/image/elf.ts";
import { stringifyManifest } from "../../src/image/manifest.ts";
import { parseManifest } from "../../src/image/parse-manifest.ts";
import { readCpio } from "../../src/image/read-cpio.ts";
import { writeCpio } from "../../src/image/write-cpio.ts";
import { toByteString, toBytes } from "../../src/text/bytes.ts";
import { manifestPath } from "../../src/text/tree-paths.ts";
import { imageInput, makeElf, sha256 } from "../fake/image-inputs.ts";
import { mutated, mutatedBytes } from "./mutations.ts";

const entries = composeImage(imageInput, sha256);
const archive = writeCpio(entries, 7);
const found = entries.find(({ path }) => path === manifestPath);
if (found?.kind !== "file") throw new Error("no manifest");
const manifest = toByteString(found.data);

test("a written manifest is parsed to the same, with byte strings as paths; any other is rejected", () => {
  const odd = [
    manifest,
    manifest.replace("etc/", "\\ud800"),
    manifest.replace("etc/", "\\u20ac"),
    '{"format":1,"__proto__":{"version":"1"}}',
    "[".repeat(100_000),
  ];
  fc.assert(
    fc.property(mutated(odd), (text) => {
      const read = parseManifest(text);
      if (!read.ok) {
        expect(describeProblem(read.problem).length).toBeLessThan(500);
        return;
      }
      expect(stringifyManifest(read.value)).toBe(text);
      for (const { path } of read.value.entries) expect(toByteString(toBytes(path))).toBe(path);
    }),
    { numRuns: 2000 },
  );
});

// The version occurs nowhere else in the image, so only a signature can prove it.
test("a changed archive is refused, or is the same image except for its version", () => {
  fc.assert(
    fc.property(mutatedBytes([archive]), (bytes) => {
      const read = readCpio(bytes);
      const checked = read.ok ? checkEntries(read.value, "x86_64", sha256) : read;
      if (!checked.ok) {
        expect(describeProblem(checked.problem).length).toBeLessThan(9000);
        return;
      }
      expect(stringifyManifest({ ...checked.value, version: imageInput.version })).toBe(manifest);
    }),
    { numRuns: 1000 },
  );
});

test("any program is accepted, or rejected with a reason", () => {
  const reasons = [undefined, "not-elf", "truncated", "not-executable", "interpreter", "machine"];
  fc.assert(
    fc.property(mutatedBytes([makeElf(), makeElf({ segments: [1, 3, 1] })]), (bytes) => {
      expect(reasons).toContain(checkElf(bytes, "x86_64"));
    }),
    { numRuns: 2000 },
  );
});

test("any arguments are parsed, or rejected with a reason", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("--", "-", "-h", "--json", "--output=x", "--output", "--target=", "FILE"),
  );
  fc.assert(
    fc.property(fc.constantFrom(...commands), fc.array(word, { maxLength: 6 }), (command, argv) => {
      const parsed = parseArguments(command, argv);
      if (parsed.kind === "wrong") expect(parsed.reason).not.toBe("");
      if (parsed.kind !== "arguments") return;
      // Every command has these options.
      const names = ["--json", ...command.options.map(({ name }) => name)];
      const { flags, values } = parsed.args;
      for (const name of [...flags, ...values.keys()]) expect(names).toContain(name);
    }),
    { numRuns: 1000 },
  );
});
