/** fusectl: a directory for each connection (Documentation/filesystems/fuse.rst). */
export const FUSE_CONNECTIONS = "/sys/fs/fuse/connections";

/**
 * The name of a superblock's connection in fusectl: its dev_t, MAJOR << 20 | MINOR
 * (linux/kdev_t.h).
 */
export function nameConnection(dev: string): string {
  const [major = 0, minor = 0] = dev.split(":").map(Number);
  return String(major * 2 ** 20 + minor);
}
