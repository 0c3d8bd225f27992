/** Splits /proc/PID/cmdline (proc_pid_cmdline(5)); empty for a kernel thread or a zombie. */
export function parseProcessArgv(text: string): readonly string[] {
  if (text === "") return [];
  // A process that rewrote its title may have left out the last NUL.
  return (text.endsWith("\0") ? text.slice(0, -1) : text).split("\0");
}

/**
 * Whether the process asks not to be killed before its storage is released: argv[0] begins with "@"
 * (systemd, docs/ROOT_STORAGE_DAEMONS.md). Killing the server of a FUSE or NBD root earlier would
 * break everything on it.
 */
export function isStorageDaemon(argv: readonly string[]): boolean {
  return argv[0]?.startsWith("@") ?? false;
}
