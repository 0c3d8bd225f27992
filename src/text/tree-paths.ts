export const manifestPath = "manifest.json";
export const shutdownPath = "shutdown";
export const releasePath = "etc/initrd-release";
/** Not in an image: the loader puts the host's configuration there. */
export const configPath = "etc/exitrd.conf";
/** Not in an image either: what became of measuring it. */
export const measuredPath = "etc/exitrd.measured";
/** A manifest of what the loader adds, the two above and what it keeps. */
export const loadedPath = "etc/exitrd.loaded.json";

/** Where a tree is loaded, for systemd-shutdown to find it. */
export const treePlace = "/run/initramfs";

/**
 * Where those lie for a sealed tree, to which nothing can be added: beside its mount
 * point, below /run, that is where PID 1 also sees it.
 */
export function besideOf(target: string): string {
  return `${target === "" ? treePlace : target}.loaded`;
}

/**
 * Where systemd-shutdown binds the API file systems, and the old root; since v254 they
 * have to be there, for it cannot make them on a read-only tree. On mnt the loader
 * mounts what keeps a sealed tree busy.
 */
export const mountPoints: readonly string[] = ["dev", "mnt", "oldroot", "proc", "run", "sys"];
