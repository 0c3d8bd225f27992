import type { Codec, FileReader, FileWriter, RamTrees } from "../port/loader.ts";
import { attempt, type SysFailure, trySys } from "../port/sys-error.ts";
import { besideOf, earlyMark, treePlace, writtenPaths } from "../text/tree-paths.ts";
import { lookAtTarget } from "./look-at-target.ts";

export interface UnloadPorts {
  readonly files: FileReader & Pick<FileWriter, "removeFile">;
  readonly trees: RamTrees;
  readonly codec: Codec;
}

export type UnloadResult =
  | { readonly kind: "unloaded" }
  /** Nothing of ours is loaded; other files are left alone. */
  | { readonly kind: "not-loaded" }
  | { readonly kind: "failed"; readonly target: string; readonly error: SysFailure };

/** An upper limit for trees that concurrent loaders may have stacked. */
const mostStacked = 16;

/** Removes our tree, and the directory if it is empty. */
export function unloadTree(target: string, ports: UnloadPorts): UnloadResult {
  const { files, trees, codec } = ports;
  let removed = 0;
  while (removed < mostStacked && lookAtTarget(target, files, codec).kind === "ours") {
    const done = trySys(() => trees.unmount(target));
    if (!done.ok) return { kind: "failed", target, error: done.problem };
    removed++;
  }
  if (removed === 0) return { kind: "not-loaded" };
  attempt(() => trees.removeDirectory(target));
  if (target === treePlace) attempt(() => files.removeFile(earlyMark));
  removeBeside(target, ports);
  return { kind: "unloaded" };
}

/** Removes the files that the loader wrote next to a sealed tree; they are useless without it. */
function removeBeside(target: string, { files, trees }: UnloadPorts): void {
  const beside = besideOf(target);
  for (const path of writtenPaths) {
    attempt(() => files.removeFile(`${beside}/${path}`));
  }
  attempt(() => trees.removeDirectory(`${beside}/etc`));
  attempt(() => trees.removeDirectory(beside));
}
