import { runTask } from "../../observe/run-task.ts";
import { readOrEmpty } from "../../port/best-effort.ts";
import type { Share } from "../deadline/share-time.ts";
import type { Ports } from "../ports.ts";

const LIMIT_MS = 1_000;

/**
 * Removes the keys in the keyrings of root, which no process holds: systemd keeps a LUKS passphrase
 * there for some minutes, and `cryptsetup --link-vk-to-keyring` the volume key. The kernel overwrites
 * a key whose last link is gone.
 */
export function clearKeyrings(share: Share, { reader, kernel, ...ports }: Ports): void {
  const limitMs = share(LIMIT_MS);
  // proc_keys(5). Most machines have no such key, and a child takes time.
  if (!/ (?:user|logon|big_key) /.test(readOrEmpty("/proc/keys", reader))) return;
  const action = (): string => {
    kernel.clearKeyrings();
    return "";
  };
  runTask(action, limitMs, ports);
}
