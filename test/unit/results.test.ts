import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  beginResults,
  type Part,
  type Results,
  readResults,
  writeResults,
} from "../../tools/results/record.ts";
import { renderResults } from "../../tools/results/render.ts";

const unit: Part = {
  name: "unit and property tests",
  passed: 1017,
  failed: 1,
  seconds: 75.66,
  findings: ["a swap is released > before its disk: expected [] to deeply equal [ 'a|b' ]"],
};

const machines: Part = {
  name: "virtual machines",
  passed: 1,
  failed: 1,
  seconds: 301,
  findings: [],
  jobs: [
    { name: "lvm-on-luks poweroff", passed: true, seconds: 61.25, findings: [] },
    {
      ...{ name: "root on NFS 4", passed: false, seconds: 240 },
      findings: ["'/oldroot' is *left*,\nnot 'NFS server'", "ended by <cut>"],
    },
    { name: "loop halt", passed: false, seconds: 0, findings: [], skipped: "not in --ci" },
  ],
};

const skipped: Part = {
  ...{ name: "native tests", passed: 0, failed: 0, seconds: 0, findings: [] },
  skipped: "not in --quick",
};

const results: Results = {
  schema: 1,
  commit: "628a8b6d1c0c1d2e3f405162738495a6b7c8d9e0",
  isDirty: true,
  date: "2026-11-28T12:33:07.123Z",
  scope: "ci",
  machine: {
    cpu: "AMD EPYC",
    cores: 2,
    memoryMib: 7976,
    kernel: "6.1.0-49-amd64",
    accelerator: "tcg",
  },
  load: { before: 0.1, after: 2.34 },
  parts: [unit, skipped, machines],
};

const fixtures = join(import.meta.dirname, "../fixtures/results");

test("a page shows what was run and where, what failed, and what was not run", async () => {
  await expect(renderResults(results)).toMatchFileSnapshot(join(fixtures, "failed.md"));
});

test("if everything passed and no machine ran, the page has no section for failures and machines", async () => {
  const { accelerator: _, ...machine } = results.machine;
  const quick = {
    ...results,
    machine,
    isDirty: false,
    parts: [{ ...unit, failed: 0, findings: [] }],
  };
  await expect(renderResults(quick)).toMatchFileSnapshot(join(fixtures, "passed.md"));
});

test("results are parsed to what was written, and those of another schema are refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "exitrd-results-"));
  const path = join(folder, "new/results.json");
  try {
    const begun = beginResults("quick");
    writeResults(path, begun, [unit, machines]);
    expect(readResults(path)).toEqual({
      ...begun,
      load: { before: begun.load.before, after: expect.any(Number) },
      parts: [unit, machines],
    });
    writeResults(path, { ...begun, schema: 2 } as unknown as Results, []);
    expect(() => readResults(path)).toThrow("schema 2");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
