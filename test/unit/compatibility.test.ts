import { expect, test } from "vitest";
import type { Cell } from "../../tools/compatibility/cell.ts";
import { nameCombination } from "../../tools/compatibility/cell.ts";
import { judgeCells } from "../../tools/compatibility/judge-cells.ts";
import { renderCompatibility } from "../../tools/compatibility/render.ts";
import type { JobResult, Results } from "../../tools/results/record.ts";
import { jobs } from "../vm/job.ts";
import { cells } from "../vm/matrix.ts";

const amd64 = { suite: "bookworm", architecture: "amd64" } as const;

const few: readonly Cell[] = [
  { generator: "dracut", init: "systemd", ...amd64, job: "by dracut" },
  { generator: "initramfs-tools", init: "systemd", ...amd64, job: "main" },
  { generator: "initramfs-tools", init: "runit", ...amd64, job: "by runit" },
  { generator: "booster", init: "systemd", ...amd64, notRun: "not in Debian" },
];

const passed = { passed: true, seconds: 1, findings: [] };
const skipped = { passed: false, seconds: 0, findings: [], skipped: "not chosen" };

function makeRun(commit: string, jobs: readonly JobResult[]): Results {
  return {
    ...{ schema: 1, commit, isDirty: false, date: "2026-11-29T04:00:00.000Z", scope: "" },
    machine: { cpu: "", cores: 2, memoryMib: 1, kernel: "" },
    load: { before: 0, after: 0 },
    parts: [{ name: "virtual machines", passed: 0, failed: 0, seconds: 0, findings: [], jobs }],
  };
}

const runs = [
  makeRun("aaaaaaaaaaaaaaaa", [
    { name: "by dracut", passed: false, seconds: 1, findings: ["ended by limit"] },
    { name: "main", ...passed },
    { name: "by runit", ...skipped },
  ]),
  makeRun("bbbbbbbbbbbbbbbb", [
    { name: "by dracut", passed: false, seconds: 1, findings: ["the key is *present*"] },
    { name: "main", ...skipped },
  ]),
];

test("a cell shows the last run of its job, even if a later run skipped it", () => {
  expect(
    judgeCells(few, runs).map(({ kind, ...cell }) => [kind, "run" in cell && cell.run]),
  ).toEqual([
    ["failed", { commit: "bbbbbbbbbbbbbbbb", date: "2026-11-29T04:00:00.000Z" }],
    ["passed", { commit: "aaaaaaaaaaaaaaaa", date: "2026-11-29T04:00:00.000Z" }],
    ["not run", false],
    ["not run", false],
  ]);
});

test("a cell without a result says why it was not run", () => {
  const reasons = judgeCells(few, runs).map((cell) => cell.kind === "not run" && cell.reason);
  expect(reasons).toEqual([false, false, "'by runit' was not chosen", "not in Debian"]);
});

test("the page of a few cells", async () => {
  const page = renderCompatibility(judgeCells(few, runs));
  await expect(page).toMatchFileSnapshot("../fixtures/compatibility/few.md");
});

test("every cell is in the matrix once, and its job exists", () => {
  const names = cells.map(nameCombination);
  expect(names).toEqual([...new Set(names)]);
  const known = jobs.map(({ name }) => name);
  expect(
    cells
      .flatMap((cell) => ("job" in cell ? [cell.job] : []))
      .filter((job) => !known.includes(job)),
  ).toEqual([]);
});
