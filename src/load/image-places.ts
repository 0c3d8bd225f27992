/**
 * Where the package's image lies. It belongs to the package manager, which replaces it at
 * each upgrade: exitrd never writes there.
 */
export const packageImage = "/usr/lib/exitrd/exitrd.img";
/** What this machine builds or signs. A link may lead elsewhere. */
export const localImage = "/var/lib/exitrd/exitrd.img";
/** The same for Seal=verity. */
export const packageSealedImage = "/usr/lib/exitrd/exitrd.raw";
export const localSealedImage = "/var/lib/exitrd/exitrd.raw";

export const initrdImages: readonly string[] = [
  ...[packageImage, localImage],
  ...[packageSealedImage, localSealedImage],
];

/** What is in every image that is built on this machine: exitrd-build.conf(5). */
export const buildConf = "/etc/exitrd/build.conf";
