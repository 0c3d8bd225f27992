import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Architecture } from "../machine/platform.ts";

export type StackName = "lvm-on-luks" | "ext4" | "loop";

/** A bootable disk and its boot files, in one folder. */
export interface Image {
  readonly architecture: Architecture;
  readonly stack: StackName;
  readonly folder: string;
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly commandLine: string;
  /** Only with LUKS: 64 bytes, two AES-256 keys. */
  readonly volumeKeyFile: string | undefined;
  readonly passphraseFile: string | undefined;
}

const commandLines: Readonly<Record<StackName, string>> = {
  "lvm-on-luks": "root=/dev/mapper/vg-root",
  ext4: "root=/dev/nvme0n1p2",
  loop: "root=/dev/loop0 loophost=/dev/nvme0n1p2 loopimage=/root.img",
};

/** Returns the paths of the files of an image in `folder`, which need not exist. */
export function locateImage(stack: StackName, folder: string, architecture: Architecture): Image {
  const find = (name: string): string | undefined => {
    const path = join(folder, name);
    return existsSync(path) ? path : undefined;
  };
  return {
    architecture,
    stack,
    folder,
    disk: join(folder, "disk.img"),
    kernel: join(folder, "kernel"),
    initrd: join(folder, "initrd"),
    commandLine: commandLines[stack],
    volumeKeyFile: find("volume-key"),
    passphraseFile: find("passphrase"),
  };
}
