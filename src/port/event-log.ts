/** systemd's log of what userspace extended PCRs with (systemd-pcrphase.service(8)). Throws `SysError`. */
export interface EventLog {
  /**
   * Locks the log, for the extension and its record to be one, and marks it as not whole.
   * EAGAIN where another program keeps the lock; undefined where a program died before it
   * had written its record: nothing that follows can be replayed, and the log is left alone.
   */
  open(): OpenEventLog | undefined;
}

export interface OpenEventLog {
  /** Writes a record, or nothing where nothing was extended, and takes the mark away. */
  finish(record: string): void;
  /** Unlocks it. Still marked, it says of itself that a record is missing. */
  close(): void;
}
