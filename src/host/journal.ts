import { sendUnix } from "exitrd:sys";

const SOCKET = "/run/systemd/journal/socket";
const SYSLOG_SOCKET = "/dev/log";

/** Sends one entry to journald. Throws a `SysError`: ENOENT if journald is not running. */
export function sendToJournal(entry: string): void {
  sendUnix(SOCKET, entry);
}

/** Sends one message to syslogd. Throws a `SysError`: ENOENT if it is not running. */
export function sendToSyslog(message: string): void {
  sendUnix(SYSLOG_SOCKET, message);
}
