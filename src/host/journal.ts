import { sendUnix } from "exitrd:sys";

const SOCKET = "/run/systemd/journal/socket";

/** Sends one entry to journald. Throws a `SysError`: ENOENT if journald is not running. */
export function sendToJournal(entry: string): void {
  sendUnix(SOCKET, entry);
}
