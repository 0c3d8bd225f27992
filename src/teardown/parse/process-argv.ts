/** Splits /proc/PID/cmdline (proc_pid_cmdline(5)); empty for a kernel thread or a zombie. */
export function parseProcessArgv(text: string): readonly string[] {
  if (text === "") return [];
  // A process that rewrote its title may have left out the last NUL.
  return (text.endsWith("\0") ? text.slice(0, -1) : text).split("\0");
}

/**
 * Whether the process asks to be spared until its storage is gone: argv[0]
 * begins with "@" (systemd, docs/ROOT_STORAGE_DAEMONS.md). Killed earlier, a
 * FUSE or NBD root takes everything above it down.
 */
export function isStorageDaemon(argv: readonly string[]): boolean {
  return argv[0]?.startsWith("@") ?? false;
}
