import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { expect, test } from "vitest";
import { listBundledPackages } from "../../tools/bundle.ts";
import { type Part, renderBom } from "../../tools/sbom.ts";
import { listProgramParts } from "../../tools/sbom-parts.ts";

const library: Part = {
  ...{ kind: "library", name: "lib", version: "1.0+b2", license: "BSD-3-Clause" },
  ...{ purl: "pkg:npm/%40a/lib@1.0", contains: [] },
  hash: { algorithm: "SHA-512", hex: "ab".repeat(64) },
};
const program: Part = {
  ...{ kind: "file", name: "usr/bin/x", version: "1", license: "MIT", contains: ["lib"] },
  hash: { algorithm: "SHA-256", hex: "cd".repeat(32) },
};

function validate(text: string) {
  return new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
}

test("a bill of materials is valid, and lists the parts of each program", async () => {
  const text = renderBom(program, [library], 86_400);
  expect(await validate(text)).toBeNull();
  const bom = JSON.parse(text);
  expect(bom.metadata).toMatchObject({
    timestamp: "1970-01-02T00:00:00.000Z",
    component: { name: "usr/bin/x", hashes: [{ alg: "SHA-256", content: program.hash?.hex }] },
  });
  expect(bom.components).toMatchObject([
    {
      ...{ name: "lib", version: "1.0+b2", purl: "pkg:npm/%40a/lib@1.0" },
      licenses: [{ expression: "BSD-3-Clause" }],
      hashes: [{ alg: "SHA-512", content: library.hash?.hex }],
    },
  ]);
  expect(bom.dependencies).toContainEqual({ ref: "usr/bin/x", dependsOn: ["lib"] });
});

test("the validator refuses invalid ones", async () => {
  const text = renderBom(program, [library], 0);
  expect(await validate(text.replace('"library"', '"liberty"'))).not.toBeNull();
  expect(await validate(text.replace(/"[ab]{128}"/, '"short"'))).not.toBeNull();
});

test("the order of the parts makes no difference", () => {
  const other: Part = { ...library, name: "another" };
  expect(renderBom(program, [library, other], 0)).toBe(renderBom(program, [other, library], 0));
});

test("a file that no list contains is an error", () => {
  expect(() => renderBom(program, [], 0)).toThrow("contains 'lib', which is not a part");
});

test("the packages of a bundle are those whose code it contains", async () => {
  expect(await listBundledPackages("test/property/mutations.ts")).toContain("fast-check");
  expect(await listBundledPackages("src/text/bytes.ts")).toEqual([]);
});

test("the parts of each program are the libraries that it is linked with", async () => {
  const { cli, pid1 } = await listProgramParts(undefined);
  expect(pid1.toSorted()).toEqual(["libgcc", "libmd", "linux-libc-dev", "musl", "quickjs"]);
  expect(cli).toEqual(expect.arrayContaining([...pid1, "libzstd", "@noble/curves"]));
});
