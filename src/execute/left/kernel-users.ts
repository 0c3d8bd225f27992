import { listOrNone } from "../../port/best-effort.ts";
import type { Reader } from "../../port/teardown.ts";

/** Modules that keep files or devices open for others, and name no process that could be ended. */
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

/** Those of them that are loaded, sorted: one of them may hold what no process does. */
export function listKernelUsers(reader: Reader): readonly string[] {
  const loaded = new Set(listOrNone("/sys/module", reader));
  return USERS.filter((name) => loaded.has(name));
}
