import type { Digest } from "../../image/manifest.ts";
import { changeLine, uncheckedLine } from "../../image/report/tree-lines.ts";
import type { TreeChange } from "../../image/tree-change.ts";
import { runTask, type TaskPorts } from "../../observe/run-task.ts";
import type { FileReader } from "../../port/loader.ts";
import type { Console } from "../../port/teardown.ts";
import { findChange } from "./find-change.ts";

// A hundredth of it on real hardware, for an image as the package has it.
const LIMIT_MS = 2_000;

/**
 * Says what has changed in the tree that this program runs from since it was loaded.
 * The storage must be released in any case.
 */
export function checkOwnTree(
  files: FileReader,
  digest: Digest,
  ports: TaskPorts,
  console: Console,
): void {
  const outcome = runTask(
    () => JSON.stringify(findChange("", files, digest) ?? {}),
    LIMIT_MS,
    ports,
  );
  if (outcome.kind !== "done") {
    console.warn(uncheckedLine());
    return;
  }
  const { path, what }: Partial<TreeChange> = JSON.parse(outcome.output);
  if (path !== undefined && what !== undefined) console.warn(changeLine({ path, what }));
}
