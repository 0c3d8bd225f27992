import type { FileReader } from "../port/loader.ts";

/** Programs that rebuild the initrd; the first one that exists is used. */
const updaters: readonly (readonly [program: string, command: string])[] = [
  // From initramfs-tools; also from Debian's dracut since version 109.
  ["/usr/sbin/update-initramfs", "update-initramfs -u"],
  // The name that dracut would choose for an initrd may be that of a file that nobody boots.
  ["/usr/bin/dracut", "/usr/lib/exitrd/update-initrds"],
  ["/usr/bin/mkinitcpio", "mkinitcpio -P"],
];

/** The command that rebuilds this machine's initrd: "update-initramfs -u". */
export function findUpdater(files: FileReader): string {
  const found = updaters.find(([program]) => files.isExecutable(program));
  return found?.[1] ?? "update-initramfs -u";
}
