import type { CpioEntry } from "../core/image/cpio-entry.ts";
import { accept, type Checked, refuse } from "../core/image/problem.ts";
import { shutdownPath } from "../core/tree-paths.ts";
import type { RamTree } from "../port/ram-trees.ts";
import { attempt } from "../port/sys-error.ts";
import { type SysFailure, trySys } from "../port/sys-failure.ts";
import { createTree, fillTree } from "./create-tree.ts";
import type { LoadFailure } from "./load-failure.ts";
import type { LoadPorts } from "./load-image.ts";
import { lookAtTarget, type Occupant } from "./look-at-target.ts";

export type Placed<T> = Checked<T, LoadFailure>;

export type TreeType = "tmpfs" | "ramfs";

/** Makes a tree of `entries` and puts it at `target`; returns what it is made of. */
export function placeTree(
  target: string,
  occupant: Occupant,
  entries: readonly CpioEntry[],
  ports: LoadPorts,
): Placed<TreeType> {
  const placed = withTree(target, entries, ports, (tree) => put(tree, target, occupant, ports));
  return placed.ok ? prove(target, placed.value.fsType, ports) : placed;
}

interface WithTree<T> {
  readonly fsType: TreeType;
  readonly result: T;
}

/** Fills a tree that is mounted nowhere, which goes after `use` unless that has attached it. */
export function withTree<T>(
  target: string,
  entries: readonly CpioEntry[],
  { trees }: LoadPorts,
  use: (tree: RamTree) => Placed<T>,
): Placed<WithTree<T>> {
  const created = trySys(() => createTree(trees, entries));
  if (!created.ok)
    return refuse({ kind: "system", action: "create", target, error: created.problem });
  const { tree, fsType } = created.value;
  try {
    const filled = trySys(() => fillTree(tree, entries));
    if (!filled.ok)
      return refuse({ kind: "system", action: "fill", target, error: filled.problem });
    const used = use(tree);
    return used.ok ? accept({ fsType, result: used.value }) : used;
  } finally {
    tree.close();
  }
}

export function put(
  tree: Attachable,
  target: string,
  occupant: Occupant,
  ports: LoadPorts,
): Placed<undefined> {
  const failure =
    occupant.kind === "ours" ? replace(tree, target, ports) : add(tree, target, occupant, ports);
  return failure === undefined ? accept(undefined) : refuse(failure);
}

type Attachable = Pick<RamTree, "attach">;

function add(
  tree: Attachable,
  target: string,
  occupant: Occupant,
  { trees }: LoadPorts,
): LoadFailure | undefined {
  if (occupant.kind === "nothing") {
    const made = trySys(() => trees.makeDirectory(target, 0o755));
    if (!made.ok) return { kind: "system", action: "mkdir", target, error: made.problem };
  }
  const attached = trySys(() => tree.attach(target));
  if (attached.ok) return undefined;
  if (occupant.kind === "nothing") attempt(() => trees.removeDirectory(target));
  return { kind: "system", action: "mount", target, error: attached.problem };
}

/**
 * The old tree goes first: a mount on top of it would be its child, and go
 * with it. For the few milliseconds that the kernel takes (umount2(2) waits for
 * all readers of the mount table) there is none, which systemd-shutdown takes
 * for a machine without an exitrd; never half of one. MOVE_MOUNT_BENEATH would
 * close that gap from Linux 6.5 on.
 */
function replace(tree: Attachable, target: string, { trees }: LoadPorts): LoadFailure | undefined {
  const error = firstProblem([() => trees.unmount(target), () => tree.attach(target)]);
  return error === undefined ? undefined : { kind: "system", action: "mount", target, error };
}

function firstProblem(calls: readonly (() => void)[]): SysFailure | undefined {
  for (const call of calls) {
    const done = trySys(call);
    if (!done.ok) return done.problem;
  }
  return undefined;
}

/** A return value proves nothing: reads the tree again, as systemd will find it; `value` if it is whole. */
export function prove<T>(target: string, value: T, ports: LoadPorts): Placed<T> {
  const { files, codec, trees } = ports;
  const found = lookAtTarget(target, files, codec);
  const isWhole = found.kind === "ours" && found.intact;
  if (isWhole && files.isExecutable(`${target}/${shutdownPath}`)) return accept(value);
  if (found.kind === "ours") attempt(() => trees.unmount(target));
  return refuse({ kind: "not-there", target });
}
