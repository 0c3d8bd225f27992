import { runTask } from "../../observe/run-task.ts";
import type { Share } from "../deadline/share-time.ts";
import type { Shutdown, ShutdownPorts } from "../shutdown.ts";

const LIMIT_MS = 2_000;

/** Sends what systemd-shutdown itself would have sent to the manager of this machine, if there is one. */
export function announce(
  { verb, exitCode, notifySocket }: Shutdown,
  share: Share,
  ports: ShutdownPorts,
): void {
  if (notifySocket === undefined) return;
  // In a child: a socket whose reader has stopped reading blocks for ever.
  const send = (): string => {
    const parameter = ports.readRebootParameter();
    if (exitCode !== undefined) ports.notify(notifySocket, `EXIT_STATUS=${exitCode}`);
    ports.notify(notifySocket, `X_SYSTEMD_SHUTDOWN=${verb}`);
    if (parameter !== undefined) {
      ports.notify(notifySocket, `X_SYSTEMD_REBOOT_PARAMETER=${parameter}`);
    }
    return "";
  };
  runTask(send, share(LIMIT_MS), ports);
}
