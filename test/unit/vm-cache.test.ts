import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { provideFolder } from "../vm/build/atomic.ts";

let cache = "";
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "exitrd-vm-"));
});
afterEach(() => rmSync(cache, { recursive: true }));

async function fill(folder: string): Promise<void> {
  writeFileSync(join(folder, "file"), "");
}

test("a folder is made once and completely", async () => {
  const path = join(cache, "base-1");
  await provideFolder(path, fill);
  await provideFolder(path, async () => {
    throw new Error("made again");
  });
  expect(readdirSync(path)).toEqual(["file"]);
});

test("a folder that could not be filled leaves nothing", async () => {
  const failing = provideFolder(join(cache, "base-1"), async (folder) => {
    await fill(folder);
    throw new Error("interrupted");
  });
  await expect(failing).rejects.toThrow("interrupted");
  expect(readdirSync(cache)).toEqual([]);
});

test("the oldest of many is removed, of the same kind only", async () => {
  await provideFolder(join(cache, "base-other-0"), fill);
  for (const key of ["1", "2", "3", "4", "5", "6", "7"]) {
    await provideFolder(join(cache, `base-${key}`), fill);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(readdirSync(cache).sort()).toEqual([
    "base-2",
    "base-3",
    "base-4",
    "base-5",
    "base-6",
    "base-7",
    "base-other-0",
  ]);
});
