import type { CpioEntry } from "../image/cpio-entry.ts";
import type { HeldMount, RamTree } from "../port/loader.ts";
import { attempt, trySys } from "../port/sys-error.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { shutdownPath } from "../text/tree-paths.ts";
import { createTree, fillTree } from "./create-tree.ts";
import type { LoadFailure } from "./load-failure.ts";
import type { LoadPorts } from "./load-ports.ts";
import { lookAtTarget, type Occupant } from "./look-at-target.ts";

/** `P` is an additional reason for which the `use` of these functions may stop. */
export type Placed<T, P = never> = Checked<T, LoadFailure | P>;

export type TreeType = "tmpfs" | "ramfs";

/** A complete tree of files that is not mounted. */
export interface FilledTree {
  readonly tree: RamTree;
  readonly fsType: TreeType;
}

/** Fills a tree that is not mounted. It is released after `use` unless that attached it. */
export function withTree<T, P>(
  target: string,
  entries: readonly CpioEntry[],
  { trees }: LoadPorts,
  use: (filled: FilledTree) => Placed<T, P>,
): Placed<T, P> {
  const created = trySys(() => createTree(trees, entries));
  if (!created.ok)
    return refuse({ kind: "system", action: "create", target, error: created.problem });
  const { tree } = created.value;
  try {
    const filled = trySys(() => fillTree(tree, entries));
    if (!filled.ok)
      return refuse({ kind: "system", action: "fill", target, error: filled.problem });
    return use(created.value);
  } finally {
    tree.close();
  }
}

/** Creates the directory `target` if it does not exist, and removes it again if `use` fails. */
export function withDirectory<T, P>(
  target: string,
  occupant: Occupant,
  { trees }: LoadPorts,
  use: () => Placed<T, P>,
): Placed<T, P> {
  if (occupant.kind !== "nothing") return use();
  const made = trySys(() => trees.makeDirectory(target, 0o755));
  if (!made.ok) return refuse({ kind: "system", action: "mkdir", target, error: made.problem });
  const used = use();
  if (!used.ok) attempt(() => trees.removeDirectory(target));
  return used;
}

/**
 * Mounts a tree at `target`, replacing ours if there is one. The old tree is unmounted first: a
 * mount on top of it would be its child and vanish with it. For a few milliseconds (umount2(2)
 * waits for all readers of the mount table) no tree is mounted, and systemd-shutdown would not
 * pivot; it never sees an incomplete tree. MOVE_MOUNT_BENEATH (Linux 6.5) would close that gap.
 */
export function attachTree(
  tree: Pick<RamTree, "attach">,
  target: string,
  occupant: Occupant,
  { trees }: LoadPorts,
  /** Names in the target: what is mounted there shows in the tree as well. */
  shown: readonly string[] = [],
): Placed<undefined> {
  const attached = trySys(() => {
    if (occupant.kind === "ours") trees.unmount(target);
    const held = shown.map((name) => ({ name, mount: trees.hold(`${target}/${name}`) }));
    try {
      tree.attach(target);
      showAll(held, target, trees);
    } finally {
      for (const { mount } of held) mount.close();
    }
  });
  if (attached.ok) return accept(undefined);
  return refuse({ kind: "system", action: "mount", target, error: attached.problem });
}

/** Programs of the running system come first: without their mounts nothing stays loaded. */
function showAll(
  held: readonly { readonly name: string; readonly mount: HeldMount }[],
  target: string,
  trees: LoadPorts["trees"],
): void {
  try {
    for (const { name, mount } of held) mount.showAt(`${target}/${name}`);
  } catch (thrown) {
    trees.unmount(target);
    throw thrown;
  }
}

/** A return value proves nothing: reads the tree back, as systemd will find it. */
export function proveTree(target: string, ports: LoadPorts): Placed<undefined> {
  const { files, codec, trees } = ports;
  const found = lookAtTarget(target, files, codec);
  const isWhole = found.kind === "ours" && found.intact;
  if (isWhole && files.isExecutable(`${target}/${shutdownPath}`)) return accept(undefined);
  const removed = found.kind === "ours" && trySys(() => trees.unmount(target)).ok;
  return refuse({ kind: "not-there", target, removed });
}
