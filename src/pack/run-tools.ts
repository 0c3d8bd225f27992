import type { CpioEntry } from "../image/cpio-entry.ts";
import type { StagedRuns } from "../port/staged-runs.ts";
import { type SysFailure, trySys } from "../port/sys-failure.ts";
import type { ProgramEnd } from "../teardown/report/program-end.ts";

/** Why a tool is not proven to work in the image. */
export type RunProblem =
  | {
      readonly kind: "does-not-run";
      readonly path: string;
      readonly end: ProgramEnd;
      /** What it, or its loader, said last. */
      readonly words: string;
    }
  | { readonly kind: "cannot-run"; readonly error: SysFailure };

/** As a shell and every loader report what cannot be executed. */
const notExecuted = [126, 127];

/**
 * Runs each of `tools` once in the tree that the image will be. Any status of its
 * own will do, for not every program knows --version; one that is still running
 * after its time has been loaded too.
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
