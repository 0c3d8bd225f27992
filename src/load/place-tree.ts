import type { CpioEntry } from "../image/cpio-entry.ts";
import type { HeldMount, RamTree, RamTrees } from "../port/loader.ts";
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

type Attachable = Pick<RamTree, "attach" | "attachBeneath">;

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
 * Mounts a tree at `target`, replacing ours if there is one, and runs `complete`. If any of this
 * fails, the old tree is mounted again.
 */
export function attachTree(
  tree: Attachable,
  target: string,
  occupant: Occupant,
  { trees }: LoadPorts,
  /** Names in the target: what is mounted there shows in the tree as well. */
  shown: readonly string[],
  complete: () => void = () => {},
): Placed<undefined> {
  const attached = trySys(() => {
    const held = shown.map((name) => ({ name, mount: trees.hold(`${target}/${name}`) }));
    const old = occupant.kind === "ours" ? trees.hold(target) : undefined;
    try {
      if (old === undefined) tree.attach(target);
      else exchange(tree, old, target, trees);
      const finish = () => {
        // Programs of the running system come first: without their mounts nothing stays loaded.
        for (const { name, mount } of held) mount.showAt(`${target}/${name}`);
        complete();
      };
      runOrUndo(finish, () => {
        trees.unmount(target);
        old?.showAt(target);
      });
    } finally {
      for (const { mount } of held) mount.close();
      old?.close();
    }
  });
  if (attached.ok) return accept(undefined);
  return refuse({ kind: "system", action: "mount", target, error: attached.problem });
}

/**
 * A mount on top of the old tree would be its child and vanish with it. Beneath it, the new one is
 * there before the old one is unmounted: an unprivileged user may have filled a mount namespace that
 * receives our mounts, and takes the room that an unmount makes. Before Linux 6.5, no tree is mounted
 * for a few milliseconds (umount2(2) waits for all readers of the mount table), and systemd-shutdown
 * would not pivot; it never sees an incomplete tree.
 */
function exchange(tree: Attachable, old: HeldMount, target: string, trees: RamTrees): void {
  const attach = () => {
    tree.attachBeneath(target);
    return true;
  };
  const isBeneath = attempt(attach, ["EINVAL"]) ?? false;
  trees.unmount(target);
  if (isBeneath) return;
  runOrUndo(
    () => tree.attach(target),
    () => old.showAt(target),
  );
}

function runOrUndo(run: () => void, undo: () => void): void {
  try {
    run();
  } catch (thrown) {
    attempt(undo);
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
