import type { CpioEntry } from "../image/cpio-entry.ts";
import type { SealedImage } from "../image/disk-image/sealed-image.ts";
import type { RamTree, VerityTree } from "../port/loader.ts";
import { trySys } from "../port/sys-error.ts";
import { joinBytes } from "../text/bytes.ts";
import { accept, refuse } from "../text/checked.ts";
import type { LoadPorts } from "./load-ports.ts";
import type { Occupant } from "./look-at-target.ts";
import { pinOf } from "./pin.ts";
import { attachTree, type Placed, withTree } from "./place-tree.ts";

/** Who verified the root hash of a sealed tree: the kernel itself, or only this program. */
export type SealedBy = "kernel" | "exitrd";

/** A sealed tree that is set up but not mounted, and the mount that will pin it. */
export interface SealedMounts {
  readonly verity: VerityTree;
  readonly pin: RamTree;
}

/**
 * Sets up a sealed tree: its file system and hash tree are written to a file in RAM that no other
 * process can open, and are read through dm-verity. Everything is released after `use` unless
 * that attached it.
 */
export function withSealed<T, P>(
  target: string,
  { tree: { data, levels, rootHash, superblock }, signature }: SealedImage,
  ports: LoadPorts,
  use: (mounts: SealedMounts) => Placed<T, P>,
): Placed<T, P> {
  const file: CpioEntry = {
    ...{ kind: "file", path: "sealed", mode: 0o400 },
    data: joinBytes([data, ...levels]),
  };
  const { dataBlockSize: blockSize, dataBlocks } = superblock;
  const device = { blockSize, dataBlocks, rootHash, signature };
  return withTree(target, [file], ports, ({ tree }) => {
    const opened = trySys(() => tree.openVerity(file.path, device));
    if (!opened.ok) return refuse({ kind: "no-verity", target, error: opened.problem } as const);
    const verity = opened.value;
    try {
      return withTree(target, [], ports, (pin) => use({ verity, pin: pin.tree }));
    } finally {
      verity.close();
    }
  });
}

/**
 * Mounts it, and pins it with a mount inside it: at shutdown, blkdeactivate(8) unmounts every
 * file system on device-mapper devices that is not busy, long before systemd looks for it.
 */
export function attachSealed(
  { verity, pin }: SealedMounts,
  target: string,
  occupant: Occupant,
  ports: LoadPorts,
): Placed<SealedBy> {
  const attached = attachTree(verity, target, occupant, ports, [], () => pin.attach(pinOf(target)));
  return attached.ok ? accept(verity.isVerifiedByKernel ? "kernel" : "exitrd") : attached;
}
