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

/** ZFS is apart, since its modules take long to build. */
export type RootsBase = "roots" | "roots-zfs";

/** Returns a Debian whose one initrd can open every root stack of its kind. */
export async function provideRootsBase(
  say: (line: string) => void,
  kind: RootsBase = "roots",
): Promise<Base> {
  const hook = join(import.meta.dirname, "guest", "customize.sh");
  if (kind === "roots") return provideBase(say, { name: kind, packages, hook });
  const zfs = await provideZfs("bookworm", say);
  return provideBase(say, {
    name: "rootszfs",
    packages: [...packages, ...zfs.packages],
    hook,
    sources: zfs.sources,
  });
}
