import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";

const folder = "/sys/firmware/efi/efivars";

/** Where efivarfs shows a variable. Its first four bytes are attributes (UEFI 2.10, 8.2). */
export function variablePath(name: string, vendor: string): string {
  return `${folder}/${name}-${vendor}`;
}

/** Whether efivarfs is mounted: no firmware is without a variable. */
export function hasVariables(files: FileReader): boolean {
  return listVariables(files).length > 0;
}

export function listVariables(files: FileReader): readonly string[] {
  return attempt(() => files.readDir(folder)) ?? [];
}
