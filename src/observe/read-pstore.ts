import { readOrEmpty } from "../port/best-effort.ts";
import type { Reader } from "../port/teardown.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";

/**
 * Where pstore keeps the kernel log. efi_pstore is not among them: it writes about ten variables of
 * the firmware each time, whose memory survives some thousand writes.
 */
export const PSTORE_BACKENDS: readonly string[] = ["erst", "ramoops"];

/** Whether the kernel dumps its log not only when it crashes. */
export const ALWAYS_DUMP_PATH = "/sys/module/printk/parameters/always_kmsg_dump";

/** Why pstore cannot keep the end of the kernel log. */
export type PstoreProblem =
  | { readonly kind: "pstore-backend"; readonly backend: string }
  /** ramoops.max_reason limits it to crashes. */
  | { readonly kind: "pstore-reason"; readonly maxReason: string };

// linux/kmsg_dump.h, since Linux 5.8. With UNDEF, always_kmsg_dump decides.
const KMSG_DUMP_UNDEF = 0;
const KMSG_DUMP_SHUTDOWN = 4;

/**
 * The backend of pstore that can keep the end of the kernel log at a shutdown; undefined if pstore
 * has no backend at all.
 */
export function readPstore(
  reader: Pick<Reader, "readText">,
): Checked<string, PstoreProblem> | undefined {
  const backend = readOrEmpty("/sys/module/pstore/parameters/backend", reader).trim();
  if (backend === "" || backend === "(null)") return undefined;
  if (!PSTORE_BACKENDS.includes(backend)) return refuse({ kind: "pstore-backend", backend });
  if (backend === "ramoops") {
    const maxReason = readOrEmpty("/sys/module/ramoops/parameters/max_reason", reader).trim();
    const reason = Number.parseInt(maxReason, 10);
    if (reason !== KMSG_DUMP_UNDEF && !(reason >= KMSG_DUMP_SHUTDOWN)) {
      return refuse({ kind: "pstore-reason", maxReason });
    }
  }
  return accept(backend);
}
