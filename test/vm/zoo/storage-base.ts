import { mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { provideFolder } from "../build/atomic.ts";
import { type Base, type BaseExtras, provideBase } from "../build/base.ts";
import { extractBootFiles } from "../build/boot-files.ts";
import { debianSource } from "../build/debian-source.ts";
import { bootPartition, makeDisk, writePartition } from "../build/disk-layout.ts";
import { provideZfs } from "../build/zfs-modules.ts";

/** What a guest is for: ZFS needs modules that take long to build. */
export type GuestKind = "storage" | "storage-trixie" | "network" | "ceph" | "zfs-2.1" | "zfs-2.3";

const packages = [
  "mdadm",
  "thin-provisioning-tools",
  "cryptsetup-bin",
  "xfsprogs",
  "btrfs-progs",
  "dosfstools",
  "f2fs-tools",
  "squashfs-tools",
  "squashfuse",
  "ntfs-3g",
  "bcache-tools",
  "kpartx",
  "fdisk",
  "nbd-client",
  "nbd-server",
  "quota",
  "drbd-utils",
  "attr",
];

const networkPackages = [
  "fdisk",
  "iproute2",
  "nfs-common",
  "nfs-kernel-server",
  "nvme-cli",
  "open-iscsi",
];

// A cluster of one monitor and one OSD, and Python's bindings to set it up.
const cephPackages = ["fdisk", "iproute2", "ceph-mon", "ceph-osd", "python3-rbd"];

// For features of Linux since 6.7 and 6.9. The tools of bcachefs are only in "experimental".
const trixiePackages = ["fdisk", "mount", "passwd", "vdo", "bcachefs-tools", "erofs-utils"];

/** A Debian with the tools to build and to examine all kinds of storage. */
export interface StorageGuest extends Base {
  readonly initrd: string;
}

/**
 * Returns the guest; builds it if it is not cached. Its root is written to a disk without
 * partitions.
 */
export async function provideStorageGuest(
  say: (line: string) => void,
  kind: GuestKind = "storage",
): Promise<StorageGuest> {
  const base = await provideBase(say, await listExtras(kind, say));
  const folder = join(cacheDir("vm"), `boot-${basename(base.folder)}`);
  await provideFolder(folder, async (partial) => {
    // `extractBootFiles` expects the kernel in the /boot partition of a disk.
    const work = join(partial, "work");
    const disk = join(work, "disk.img");
    mkdirSync(work);
    makeDisk(disk);
    await writePartition(disk, bootPartition, base.boot);
    await extractBootFiles(disk, work);
    renameSync(join(work, "initrd"), join(partial, "initrd"));
    rmSync(work, { recursive: true });
  });
  return { ...base, initrd: join(folder, "initrd") };
}

async function listExtras(kind: GuestKind, say: (line: string) => void): Promise<BaseExtras> {
  const hooks = [join(import.meta.dirname, "guest", "customize.sh")];
  switch (kind) {
    case "storage":
      return { name: kind, packages, hooks };
    case "network":
      return { name: kind, packages: networkPackages, hooks, drivers: ["drivers/net/veth.ko"] };
    case "ceph":
      return { name: kind, packages: cephPackages, hooks, drivers: ["drivers/net/veth.ko"] };
    case "storage-trixie":
      return {
        name: kind.replaceAll("-", ""),
        packages: trixiePackages,
        hooks,
        suite: "trixie",
        sources: [debianSource("experimental", "main")],
      };
    case "zfs-2.1":
    case "zfs-2.3": {
      const zfs = await provideZfs(kind === "zfs-2.1" ? "bookworm" : "bookworm-backports", say);
      const common = ["fdisk", "cryptsetup-bin", ...zfs.packages];
      return { name: kind.replaceAll("-", ""), packages: common, hooks, sources: zfs.sources };
    }
  }
}
