import { listOrNone } from "../../port/best-effort.ts";
import type { Reader } from "../../port/teardown.ts";

/**
 * Modules that keep files or devices open on behalf of others, without a process that could be
 * killed.
 */
const USERS = [
  "cachefiles",
  "ksmbd",
  "nfsd",
  "nvmet",
  "target_core_file",
  "target_core_iblock",
  "target_core_pscsi",
  "usb_f_mass_storage",
  "vhost_scsi",
];

/** Lists those that are loaded, sorted. One of them may be the holder if no process is. */
export function listKernelUsers(reader: Reader): readonly string[] {
  const loaded = new Set(listOrNone("/sys/module", reader));
  return USERS.filter((name) => loaded.has(name));
}
