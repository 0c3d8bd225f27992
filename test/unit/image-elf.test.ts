import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { listArchitectures } from "../../src/image/architecture.ts";
import { checkElf } from "../../src/image/elf.ts";
import { makeElf } from "../fake/image-inputs.ts";

test("a static program for the architecture is accepted, position-independent or not", () => {
  expect(checkElf(makeElf(), "x86_64")).toBeUndefined();
  expect(checkElf(makeElf({ type: 3 }), "x86_64")).toBeUndefined();
  expect(checkElf(makeElf({ machine: 183 }), "aarch64")).toBeUndefined();
});

test.each([
  ["not-elf", new Uint8Array(0)],
  ["not-elf", new TextEncoder().encode("#!/bin/sh\n")],
  ["truncated", makeElf().subarray(0, 40)],
  ["truncated", makeElf().subarray(0, 100)],
  ["truncated", makeElf({ fileSize: 10_000 })],
  ["not-executable", makeElf({ type: 1 })],
  ["not-executable", makeElf({ segments: [] })],
  ["interpreter", makeElf({ segments: [1, 3] })],
  ["machine", makeElf({ machine: 183 })],
] as const)("tells %s (%#)", (reason, bytes) => {
  expect(checkElf(bytes, "x86_64")).toBe(reason);
});

test("a dynamically linked program of this machine is rejected for its interpreter", () => {
  const architecture = listArchitectures().find((name) => name === unameOf(process.arch));
  if (architecture === undefined) return;
  expect(checkElf(readFileSync("/bin/ls"), architecture)).toBe("interpreter");
});

function unameOf(arch: string): string {
  return { x64: "x86_64", arm64: "aarch64" }[arch] ?? arch;
}
