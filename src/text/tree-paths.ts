/** Where a tree is loaded, and where systemd-shutdown looks for it. */
export const treePlace = "/run/initramfs";

/**
 * Where PID 1 moves mounts that the initramfs left beneath the root. The pin of a sealed tree is
 * mounted there too, but only the kernel needs it.
 */
export const uncoveredPlace = "/mnt";

/** Exists if exitrd-early.service shall mount the tree's program over systemd-shutdown. */
export const earlyMark = `${treePlace}.early`;

/**
 * The directory of the loader's additions to a sealed tree, which is read-only: next to its mount
 * point, below /run, where PID 1 can read it too.
 */
export function besideOf(target: string): string {
  return `${target === "" ? treePlace : target}.loaded`;
}

/**
 * The directories that systemd-shutdown binds the API file systems and the old root to; since v254
 * they must exist, because it cannot create them on a read-only tree. The loader mounts the pin of
 * a sealed tree on mnt.
 */
export const mountPoints: readonly string[] = ["dev", "mnt", "oldroot", "proc", "run", "sys"];

/**
 * An empty file in the image. sysvinit executes a new init only by the path that it was compiled
 * with, so 'exitrd pivot' binds /shutdown over it.
 */
export const initPath = "sbin/init";

/** Where 'exitrd pivot' leaves the verb for PID 1: not every init can pass it on. */
export const verbPlace = "/run/exitrd/verb";

export const manifestPath = "manifest.json";
export const shutdownPath = "shutdown";
export const releasePath = "etc/initrd-release";

/** The host's configuration. */
export const configPath = "etc/exitrd.conf";
/** The result of measuring the image. */
export const measuredPath = "etc/exitrd.measured";
/** The manifest of the loader's additions. */
export const loadedPath = "etc/exitrd.loaded.json";
/** The list of extensions that were loaded or rejected, if the machine has any. */
export const recordPath = "extensions.json";

/** The files that the loader writes into a tree, or next to a sealed one. */
export const writtenPaths: readonly string[] = [configPath, measuredPath, loadedPath, recordPath];

/**
 * The files that the loader copies from the directory under its mount, because programs of the running
 * system look for them there:
 * - fsck-root, fsck-usr and fsck.log of initramfs-tools (scripts/functions, checkfs).
 *   systemd-fsck-root.service has ConditionPathExists=!/run/initramfs/fsck-root: if our mount hid it,
 *   the root would be checked a second time.
 * - open-iscsi.interface of open-iscsi: without it, udev's net-interface-handler does not mark the
 *   interface of the root as configured, and ifdown takes the root's network at shutdown. cloud-init
 *   does not find the network of the initrd either.
 * - overlayroot.log, in which overlayroot explains what it did.
 * - rwtab of dracut, which readonly-root reads on Fedora's relatives.
 */
export const keptPaths: readonly string[] = [
  "fsck-root",
  "fsck-usr",
  "fsck.log",
  "open-iscsi.interface",
  "overlayroot.log",
  "rwtab",
];

/**
 * The directory of which the loader copies all: what dracut's modules leave for import-state.service,
 * which copies it to the root (ifcfg files, leases of DHCP).
 */
export const keptFolder = "state";

const loaderPaths: ReadonlySet<string> = new Set([...writtenPaths, ...keptPaths, keptFolder]);
const imagePaths: ReadonlySet<string> = new Set([
  manifestPath,
  shutdownPath,
  releasePath,
  initPath,
]);

/**
 * Whether only the loader may create `path`. It uses O_EXCL: an image or an extension with one of
 * its files could not be loaded, or the file would be trusted as if the loader had written it.
 */
export function isLoaderPath(path: string): boolean {
  return loaderPaths.has(path) || path.startsWith(`${keptFolder}/`);
}

/** Whether `path` is a file of every image, which no extension may replace. */
export function isImagePath(path: string): boolean {
  return imagePaths.has(path);
}
