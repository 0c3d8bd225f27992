import type { JobResult, Results } from "../results/record.ts";
import type { Cell, Combination } from "./cell.ts";

export type CellResult = Combination &
  (
    | { readonly kind: "passed"; readonly job: string; readonly run: RunFacts }
    | {
        readonly kind: "failed";
        readonly job: string;
        readonly run: RunFacts;
        readonly reasons: readonly string[];
      }
    | { readonly kind: "not run"; readonly reason: string }
  );

/** The run that a result comes from. */
export interface RunFacts {
  readonly commit: string;
  readonly date: string;
}

/** Finds each cell's job in the results of several runs; the last run that contains it is used. */
export function judgeCells(
  cells: readonly Cell[],
  runs: readonly Results[],
): readonly CellResult[] {
  const found = new Map<string, { readonly job: JobResult; readonly run: RunFacts }>();
  for (const { commit, date, parts } of runs) {
    for (const job of parts.flatMap((part) => part.jobs ?? [])) {
      if (job.skipped === undefined) found.set(job.name, { job, run: { commit, date } });
    }
  }
  return cells.map((cell): CellResult => {
    const { generator, init, suite, architecture } = cell;
    const combination = { generator, init, suite, architecture };
    if ("notRun" in cell) return { ...combination, kind: "not run", reason: cell.notRun };
    const result = found.get(cell.job);
    if (result === undefined) {
      return { ...combination, kind: "not run", reason: `'${cell.job}' was not chosen` };
    }
    const { job, run } = result;
    if (job.passed) return { ...combination, kind: "passed", job: job.name, run };
    return { ...combination, kind: "failed", job: job.name, run, reasons: job.findings };
  });
}
