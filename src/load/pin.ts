import type { FileReader } from "../port/loader.ts";

/**
 * The mount point of the pin. systemd-shutdown mounts nothing on it: it skips existing mount
 * points.
 */
export function pinOf(target: string): string {
  return `${target}/mnt`;
}

/** Whether the pin of a sealed tree is mounted; a loader that was killed may not have mounted it. */
export function isPinned(target: string, files: FileReader): boolean {
  return files.status(pinOf(target))?.dev !== files.status(target)?.dev;
}
