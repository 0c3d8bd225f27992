import { hasFileSystem } from "../image/disk-image/find-file-system.ts";
import { hasPartitionTable } from "../image/disk-image/partition-table.ts";
import type { Codec } from "../port/loader.ts";
import { checkImage } from "./check-image.ts";

/** Whether it is a complete image for any architecture, or has the form of an extension. */
export function isSignable(bytes: Uint8Array, codec: Codec): boolean {
  // The contents of an extension are checked by the loader.
  if (hasPartitionTable(bytes) || hasFileSystem(bytes)) return true;
  return checkImage(bytes, undefined, codec).ok;
}
