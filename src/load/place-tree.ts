import type { SealedImage } from "../core/disk-image/sealed-image.ts";
import { joinBytes } from "../core/image/bytes.ts";
import type { CpioEntry } from "../core/image/cpio-entry.ts";
import { besideOf, shutdownPath } from "../core/image/manifest.ts";
import { accept, type Checked, refuse } from "../core/image/problem.ts";
import type { FileReader } from "../port/files.ts";
import type { RamTree } from "../port/ram-trees.ts";
import { attempt } from "../port/sys-error.ts";
import { type SysFailure, trySys } from "../port/sys-failure.ts";
import { createTree, fillTree } from "./create-tree.ts";
import type { LoadFailure } from "./load-failure.ts";
import type { LoadPorts } from "./load-image.ts";
import { lookAtTarget, type Occupant } from "./look-at-target.ts";

type Placed<T> = Checked<T, LoadFailure>;

export type TreeType = "tmpfs" | "ramfs";

/** Who has verified the root hash of a sealed tree: the kernel itself, or only this program. */
export type SealedBy = "kernel" | "exitrd";

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

/**
 * The same for a sealed one: its file system and hash tree become a file in RAM that
 * nobody else can open, and what is at `target` is read through dm-verity. As nothing
 * can be added to that, `additions` come beside it, before it.
 */
export function placeSealed(
  target: string,
  occupant: Occupant,
  { tree: { data, levels, rootHash, superblock }, signature }: SealedImage,
  additions: readonly CpioEntry[],
  ports: LoadPorts,
): Placed<SealedBy> {
  const written = trySys(() => writeBeside(target, additions, ports));
  if (!written.ok) return refuse({ kind: "beside", target, error: written.problem });
  const file: CpioEntry = {
    ...{ kind: "file", path: "sealed", mode: 0o400 },
    data: joinBytes([data, ...levels]),
  };
  const { dataBlockSize: blockSize, dataBlocks } = superblock;
  const device = { blockSize, dataBlocks, rootHash, signature };
  const placed = withTree(target, [file], ports, (tree): Placed<SealedBy> => {
    const opened = trySys(() => tree.openVerity(file.path, device));
    if (!opened.ok) return refuse({ kind: "no-verity", target, error: opened.problem });
    const verity = opened.value;
    try {
      const done = put(verity, target, occupant, ports);
      const pinned = done.ok ? pin(target, ports) : done;
      return pinned.ok ? accept(verity.isVerifiedByKernel ? "kernel" : "exitrd") : pinned;
    } finally {
      verity.close();
    }
  });
  return placed.ok ? prove(target, placed.value.result, ports) : placed;
}

/**
 * Keeps a sealed tree where it is, by a mount in it: at shutdown blkdeactivate(8) unmounts
 * whatever lies on the device-mapper and is not busy, long before systemd looks for it.
 */
function pin(target: string, ports: LoadPorts): Placed<undefined> {
  const pinned = withTree(target, [], ports, (tree): Placed<undefined> => {
    const attached = trySys(() => tree.attach(pinOf(target)));
    if (attached.ok) return accept(undefined);
    attempt(() => ports.trees.unmount(target));
    return refuse({ kind: "system", action: "mount", target, error: attached.problem });
  });
  return pinned.ok ? accept(undefined) : pinned;
}

/** Whether it is kept: a loader that was killed may have left it without. */
export function isPinned(target: string, files: FileReader): boolean {
  return files.status(pinOf(target))?.dev !== files.status(target)?.dev;
}

/** Where systemd-shutdown will mount, in a mount of its own. */
function pinOf(target: string): string {
  return `${target}/run`;
}

/** One by one, each as one step: what PID 1 reads is old or new. */
function writeBeside(
  target: string,
  additions: readonly CpioEntry[],
  { files, trees }: LoadPorts,
): void {
  const beside = besideOf(target);
  for (const folder of [beside, `${beside}/etc`]) {
    if (files.status(folder) === undefined) trees.makeDirectory(folder, 0o755);
  }
  for (const entry of additions) {
    if (entry.kind === "file") files.replaceFile(`${beside}/${entry.path}`, entry.data, entry.mode);
  }
}

interface WithTree<T> {
  readonly fsType: TreeType;
  readonly result: T;
}

/** Fills a tree that is mounted nowhere, which goes after `use` unless that has attached it. */
function withTree<T>(
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

function put(
  tree: Attachable,
  target: string,
  occupant: Occupant,
  ports: LoadPorts,
): Placed<undefined> {
  const failure =
    occupant.kind === "ours" ? replace(tree, target, ports) : add(tree, target, occupant, ports);
  return failure === undefined ? accept(undefined) : refuse(failure);
}

function prove<T>(target: string, value: T, ports: LoadPorts): Placed<T> {
  const failure = proveLoaded(target, ports);
  return failure === undefined ? accept(value) : refuse(failure);
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

/** A return value proves nothing: reads the tree again, as systemd will find it. */
function proveLoaded(target: string, ports: LoadPorts): LoadFailure | undefined {
  const { files, codec, trees } = ports;
  const found = lookAtTarget(target, files, codec);
  const isWhole = found.kind === "ours" && found.intact;
  if (isWhole && files.isExecutable(`${target}/${shutdownPath}`)) return undefined;
  if (found.kind === "ours") attempt(() => trees.unmount(target));
  return { kind: "not-there", target };
}
