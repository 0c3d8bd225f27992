import type { Digest } from "../../image/manifest.ts";
import { changeLine, uncheckedLine } from "../../image/report/tree-lines.ts";
import type { TreeChange } from "../../image/tree-change.ts";
import type { TaskOutcome, Work } from "../../observe/run-task.ts";
import type { FileReader } from "../../port/loader.ts";
import type { Console } from "../../port/teardown.ts";
import { findChange } from "./find-change.ts";

// On real hardware the image of the package takes a hundredth of this.
const LIMIT_MS = 2_000;

/**
 * The work of a child that searches the tree that this program runs from for changes since loading,
 * for `mostMs` at most.
 */
export function checkingTree(files: FileReader, digest: Digest, mostMs: number): Work {
  const limitMs = Math.min(LIMIT_MS, mostMs);
  return {
    action: () => JSON.stringify(findChange("", files, digest) ?? {}),
    firstMs: limitMs,
    silentMs: limitMs,
  };
}

/** Reports the change that it found. This is only a warning. */
export function reportTree(outcome: TaskOutcome, console: Console): void {
  if (outcome.kind !== "done") {
    console.warn(uncheckedLine());
    return;
  }
  const { path, what }: Partial<TreeChange> = JSON.parse(outcome.output);
  if (path !== undefined && what !== undefined) console.warn(changeLine({ path, what }));
}
