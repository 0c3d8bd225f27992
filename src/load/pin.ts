import type { FileReader } from "../port/files.ts";

/** Where systemd-shutdown mounts nothing: it leaves out what is a mount point already. */
export function pinOf(target: string): string {
  return `${target}/mnt`;
}

/** Whether a sealed tree is kept where it is: a loader that was killed may have left it without. */
export function isPinned(target: string, files: FileReader): boolean {
  return files.status(pinOf(target))?.dev !== files.status(target)?.dev;
}
