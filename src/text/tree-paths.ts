/** Where a tree is loaded, for systemd-shutdown to find it. */
export const treePlace = "/run/initramfs";

/**
 * Where what the loader adds lies for a sealed tree, to which nothing can be added: beside
 * its mount point, below /run, that is where PID 1 also sees it.
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

export const manifestPath = "manifest.json";
export const shutdownPath = "shutdown";
export const releasePath = "etc/initrd-release";

/** The host's configuration. */
export const configPath = "etc/exitrd.conf";
/** What became of measuring the image. */
export const measuredPath = "etc/exitrd.measured";
/** A manifest of all that the loader adds. */
export const loadedPath = "etc/exitrd.loaded.json";
/** What became of the extensions, where the machine has any. */
export const recordPath = "extensions.json";

/** What the loader writes into a tree, or beside a sealed one. */
export const writtenPaths: readonly string[] = [configPath, measuredPath, loadedPath, recordPath];

/**
 * What the loader copies from the directory that it hides. initramfs-tools leaves these in
 * /run/initramfs (scripts/functions, checkfs). systemd-fsck-root.service has
 * ConditionPathExists=!/run/initramfs/fsck-root: hidden under our mount, the root would be
 * checked a second time.
 */
export const keptPaths: readonly string[] = ["fsck-root", "fsck-usr", "fsck.log"];

const loaderPaths: ReadonlySet<string> = new Set([...writtenPaths, ...keptPaths]);
const imagePaths: ReadonlySet<string> = new Set([manifestPath, shutdownPath, releasePath]);

/**
 * Whether only the loader may put something at `path`. It creates its files with O_EXCL: an
 * image or an extension that brings one of them could not be loaded, or would be believed
 * in the loader's place.
 */
export function isLoaderPath(path: string): boolean {
  return loaderPaths.has(path);
}

/** Whether an image has its own file at `path`, which no extension may bring. */
export function isImagePath(path: string): boolean {
  return imagePaths.has(path);
}
