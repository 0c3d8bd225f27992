/** Runs programs of the host for the command line. */
export interface Commands {
  /**
   * Runs a program, found in PATH unless it is an absolute path, to its end, with this program's
   * standard input; undefined if there is no such program. Throws a `SysError` if no process can
   * be created.
   */
  run(name: string, args: readonly string[]): CommandEnd | undefined;
}

export interface CommandEnd {
  /** Its exit status; 128 plus the number of the signal that killed it. */
  readonly status: number;
  readonly stdout: Uint8Array;
  /** A byte string. */
  readonly stderr: string;
}
