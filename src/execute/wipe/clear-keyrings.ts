import { runTask } from "../../observe/run-task.ts";
import { readOrEmpty } from "../../port/best-effort.ts";
import type { Share } from "../deadline/share-time.ts";
import type { Ports } from "../ports.ts";

const LIMIT_MS = 1_000;
const TRIES = 10;
const TRY_MS = 20;
// proc_keys(5): the types whose keys hold a secret.
const SECRETS = / (?:user|logon|big_key|encrypted|trusted) /;

/**
 * Removes the keys in the keyrings of root, which no process holds: systemd keeps a LUKS passphrase
 * there for some minutes, and `cryptsetup --link-vk-to-keyring` the volume key. The kernel overwrites
 * a key whose last link is gone.
 */
export function clearKeyrings(share: Share, { reader, kernel, ...ports }: Ports): void {
  const limitMs = share(LIMIT_MS);
  const hasKeys = (): boolean => SECRETS.test(readOrEmpty("/proc/keys", reader));
  // Most machines have none, and a child takes time.
  if (!hasKeys()) return;
  const action = (): string => {
    kernel.clearKeyrings();
    // A worker of the kernel overwrites them, a moment after they have left the list.
    for (let tries = 0; tries < TRIES && hasKeys(); tries += 1) kernel.sleep(TRY_MS);
    kernel.sleep(TRY_MS);
    return "";
  };
  runTask(action, limitMs, ports);
}
