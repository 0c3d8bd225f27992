import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { buildScript, readResult, runInNamespace, variants } from "./native-program.ts";

const inputs = ["", "abc", "a".repeat(1_000_000)];
const algorithms = ["sha1", "sha256", "sha384", "sha512"];

describe.each(variants)("digests under %s", async (variant) => {
  const result = readResult(runInNamespace(await buildScript("digest", variant)));

  test.each(algorithms)("%s returns the same as OpenSSL", (algorithm) => {
    const wanted = inputs.map((text) => createHash(algorithm).update(text).digest("hex"));
    expect(result).toMatchObject({ [algorithm]: wanted });
  });

  test("SHA-256 matches the example of FIPS 180-4, also in a part of a buffer", () => {
    const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(result).toMatchObject({ sha256: { 1: abc }, view: true });
  });
});
