import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";

const folder = "/sys/firmware/efi/efivars";

/**
 * The path of a variable in efivarfs. The first four bytes of the file are attributes (UEFI 2.10,
 * 8.2).
 */
export function variablePath(name: string, vendor: string): string {
  return `${folder}/${name}-${vendor}`;
}

/** Whether efivarfs is mounted. Every firmware has variables. */
export function hasVariables(files: FileReader): boolean {
  return listVariables(files).length > 0;
}

export function listVariables(files: FileReader): readonly string[] {
  return attempt(() => files.readDir(folder)) ?? [];
}
