/**
 * The package's image. It belongs to the package manager, which replaces it at each upgrade: exitrd
 * never writes to it.
 */
export const packageImage = "/usr/lib/exitrd/exitrd.img";
/** The image that is built or signed on this machine. It may be a symbolic link. */
export const localImage = "/var/lib/exitrd/exitrd.img";
/** The same for Seal=verity. */
export const packageSealedImage = "/usr/lib/exitrd/exitrd.raw";
export const localSealedImage = "/var/lib/exitrd/exitrd.raw";

export const initrdImages: readonly string[] = [
  ...[packageImage, localImage],
  ...[packageSealedImage, localSealedImage],
];

/** Lists the contents of every image that is built on this machine: exitrd-build.conf(5). */
export const buildConf = "/etc/exitrd/build.conf";
