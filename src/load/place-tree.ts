import type { CpioEntry } from "../core/image/cpio-entry.ts";
import { shutdownPath } from "../core/image/manifest.ts";
import { accept, type Checked, refuse } from "../core/image/problem.ts";
import type { RamTree } from "../port/ram-trees.ts";
import { attempt } from "../port/sys-error.ts";
import { type SysFailure, trySys } from "../port/sys-failure.ts";
import { createTree, fillTree } from "./create-tree.ts";
import type { LoadFailure } from "./load-failure.ts";
import type { LoadPorts } from "./load-image.ts";
import { lookAtTarget, type Occupant } from "./look-at-target.ts";

type Placed = Checked<"tmpfs" | "ramfs", LoadFailure>;

/** Makes a tree of `entries` and puts it at `target`; returns what it is made of. */
export function placeTree(
  target: string,
  occupant: Occupant,
  entries: readonly CpioEntry[],
  ports: LoadPorts,
): Placed {
  const created = trySys(() => createTree(ports.trees, entries));
  if (!created.ok)
    return refuse({ kind: "system", action: "create", target, error: created.problem });
  const { tree, fsType } = created.value;
  try {
    const filled = trySys(() => fillTree(tree, entries));
    if (!filled.ok)
      return refuse({ kind: "system", action: "fill", target, error: filled.problem });
    const failure =
      occupant.kind === "ours" ? replace(tree, target, ports) : add(tree, target, occupant, ports);
    if (failure !== undefined) return refuse(failure);
  } finally {
    tree.close();
  }
  const failure = proveLoaded(target, ports);
  return failure === undefined ? accept(fsType) : refuse(failure);
}

function add(
  tree: RamTree,
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
function replace(tree: RamTree, target: string, { trees }: LoadPorts): LoadFailure | undefined {
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

/** A return value proves nothing: reads the tree again, as systemd will find it. */
function proveLoaded(target: string, ports: LoadPorts): LoadFailure | undefined {
  const { files, codec, trees } = ports;
  const found = lookAtTarget(target, files, codec);
  const isWhole = found.kind === "ours" && found.intact;
  if (isWhole && files.isExecutable(`${target}/${shutdownPath}`)) return undefined;
  if (found.kind === "ours") attempt(() => trees.unmount(target));
  return { kind: "not-there", target };
}
