import type { CpioEntry } from "../image/cpio-entry.ts";
import type { StagedRuns } from "../port/loader.ts";
import { type SysFailure, trySys } from "../port/sys-error.ts";
import type { ProgramEnd } from "../teardown/report/program-end.ts";

/** Why a tool was not proven to work in the image. */
export type RunProblem =
  | {
      readonly kind: "does-not-run";
      readonly path: string;
      readonly end: ProgramEnd;
      /** The last line that the tool or its loader printed. */
      readonly words: string;
    }
  | { readonly kind: "cannot-run"; readonly error: SysFailure };

/** The statuses by which shells and loaders report that a program cannot be executed. */
const notExecuted = [126, 127];

/**
 * Runs each of `tools` once in the tree of the image. Any exit status of the tool itself is
 * accepted, since not every program knows --version. A tool that is still running at its time limit
 * was evidently loaded.
 */
export function runTools(
  entries: readonly CpioEntry[],
  tools: readonly string[],
  staged: StagedRuns,
): RunProblem | undefined {
  if (tools.length === 0) return undefined;
  const ends = trySys(() => staged.run(entries, tools));
  if (!ends.ok) return { kind: "cannot-run", error: ends.problem };
  const failed = ends.value.find(({ end }) => !isLoaded(end));
  return (
    failed && {
      kind: "does-not-run",
      path: failed.program,
      end: failed.end,
      words: failed.lastLine,
    }
  );
}

function isLoaded(end: ProgramEnd): boolean {
  switch (end.kind) {
    case "exited":
      return !notExecuted.includes(end.status);
    case "hung":
      return true;
    case "killed":
    case "error":
      return false;
  }
}
