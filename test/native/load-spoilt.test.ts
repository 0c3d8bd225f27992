import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import {
  buildPrograms,
  type Ended,
  makeRandom,
  type Programs,
  runProgram,
} from "./exitrd-program.ts";

let programs: Programs;
let dir: string;
let good: Buffer;

beforeAll(async () => {
  programs = await buildPrograms();
  dir = mkdtempSync(join(cacheDir("test-native"), "spoilt-"));
  const args = ["build", "--shutdown", programs.shutdown, "--output", join(dir, "good.img")];
  expect(runProgram(programs.exitrd, args).status).toBe(0);
  good = readFileSync(join(dir, "good.img"));
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The result of the loader's own check of these bytes. */
function inspect(bytes: Uint8Array): Ended {
  const path = join(dir, "spoilt.img");
  writeFileSync(path, bytes);
  return runProgram(programs.exitrd, ["inspect", "--json", path]);
}

function listEntries(result: Ended): unknown {
  return JSON.parse(result.stdout).result?.entries;
}

test("one flipped bit, in any region, is refused or does not change the contents", () => {
  const random = makeRandom();
  const edge = 24;
  const bits = [
    ...Array.from({ length: edge * 8 }, (_, bit) => bit),
    ...Array.from({ length: 120 }, () => Math.floor(random() * good.length * 8)),
    ...Array.from({ length: edge * 8 }, (_, bit) => (good.length - edge) * 8 + bit),
  ];
  const entries = listEntries(inspect(good));
  const tolerated: number[] = [];
  for (const bit of bits) {
    const bad = Buffer.from(good);
    bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const result = inspect(bad);
    if (result.status === 0) {
      expect(listEntries(result)).toEqual(entries);
      tolerated.push(bit);
    } else {
      expect(result.status).toBe(1);
      expect(JSON.parse(result.stdout)).toMatchObject({ ok: false, exitStatus: 1 });
      expect(result.stderr).toMatch(/^exitrd: cannot inspect '.*': .*\n$/);
    }
  }
  console.log(`${bits.length} bits flipped, of no effect: ${JSON.stringify(tolerated)}`);
  // zstd ignores a few bits, for example in its frame header; the contents are verified
  // nevertheless.
  expect(tolerated.length).toBeLessThan(bits.length / 50);
});

test("every kind of truncation is rejected, and so is data after the end", () => {
  const random = makeRandom();
  const lengths = [
    ...Array.from({ length: 32 }, (_, length) => length),
    ...Array.from({ length: 64 }, () => Math.floor(random() * good.length)),
    ...Array.from({ length: 32 }, (_, length) => good.length - 1 - length),
  ];
  for (const length of lengths) {
    expect(inspect(good.subarray(0, length)).status).toBe(1);
  }
  expect(inspect(Buffer.concat([good, Buffer.from("x")])).status).toBe(1);
  expect(inspect(Buffer.concat([good, good])).status).toBe(1);
});

test("an image that unpacks to far too much data is refused quickly", () => {
  const bomb = join(dir, "bomb");
  writeFileSync(bomb, Buffer.alloc(0));
  const zstd = runProgram("sh", ["-c", `head -c 300000000 /dev/zero | zstd -q -f -o '${bomb}'`]);
  expect(zstd.status).toBe(0);
  const result = runProgram(programs.exitrd, ["inspect", bomb]);
  expect(result.status).toBe(1);
  console.log(result.stderr.trim());
});
