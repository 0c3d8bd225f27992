import type { SealedImage } from "../core/disk-image/sealed-image.ts";
import { joinBytes } from "../core/image/bytes.ts";
import type { CpioEntry } from "../core/image/cpio-entry.ts";
import { accept, refuse } from "../core/image/problem.ts";
import { besideOf } from "../core/tree-paths.ts";
import type { FileReader } from "../port/files.ts";
import { attempt } from "../port/sys-error.ts";
import { trySys } from "../port/sys-failure.ts";
import type { LoadPorts } from "./load-image.ts";
import type { Occupant } from "./look-at-target.ts";
import { type Placed, prove, put, withTree } from "./place-tree.ts";

/** Who has verified the root hash of a sealed tree: the kernel itself, or only this program. */
export type SealedBy = "kernel" | "exitrd";

/**
 * Puts a sealed tree at `target`: its file system and hash tree become a file in RAM
 * that nobody else can open, and what is there is read through dm-verity. As nothing
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

/** Where systemd-shutdown mounts nothing: it leaves out what is a mount point already. */
function pinOf(target: string): string {
  return `${target}/mnt`;
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
