/** systemd's log of PCR extensions by userspace (systemd-pcrphase.service(8)). Throws `SysError`. */
export interface EventLog {
  /**
   * Locks the log, so that the extension and its record are one transaction, and marks it as
   * incomplete. EAGAIN if another program holds the lock; undefined if a program died before it wrote
   * its record: later records cannot be replayed then, and the log is left alone.
   */
  open(): OpenEventLog | undefined;
}

export interface OpenEventLog {
  /** Writes a record, or nothing if no PCR was extended, and removes the mark. */
  finish(record: string): void;
  /** Unlocks it. If it is still marked, readers know that a record is missing. */
  close(): void;
}
