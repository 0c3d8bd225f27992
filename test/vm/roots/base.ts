import { join } from "node:path";
import { type Base, provideBase } from "../build/base.ts";
import { provideZfs } from "../build/zfs-modules.ts";

const packages = [
  "mdadm",
  "thin-provisioning-tools",
  "cryptsetup-bin",
  "dosfstools",
  "squashfs-tools",
  "fdisk",
];

const networkPackages = [...packages, "open-iscsi", "nbd-client", "httpfs2"];

const networkDrivers = ["drivers/net/virtio_net.ko", "drivers/net/net_failover.ko"];

/** ZFS has a base of its own, because its modules take long to build. */
export type RootsBase = "roots" | "roots-net" | "roots-zfs";

/** Returns a Debian whose initrd can open every root stack of its kind. */
export async function provideRootsBase(
  say: (line: string) => void,
  kind: RootsBase = "roots",
): Promise<Base> {
  const hook = join(import.meta.dirname, "guest", "customize.sh");
  if (kind === "roots") return provideBase(say, { name: kind, packages, hooks: [hook] });
  if (kind === "roots-net") {
    return provideBase(say, {
      name: "rootsnet",
      packages: networkPackages,
      hooks: [hook, join(import.meta.dirname, "guest", "customize-net.sh")],
      drivers: networkDrivers,
    });
  }
  const zfs = await provideZfs("bookworm", say);
  return provideBase(say, {
    name: "rootszfs",
    packages: [...packages, ...zfs.packages],
    hooks: [hook],
    sources: zfs.sources,
  });
}
