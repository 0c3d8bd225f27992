/** Runs programs of the host, for what the command line leaves to them. */
export interface Commands {
  /**
   * To its end, found in PATH unless it is a path, with this program's input;
   * undefined where there is none of that name. Throws a `SysError` if there can be no process.
   */
  run(name: string, args: readonly string[]): CommandEnd | undefined;
}

export interface CommandEnd {
  /** Its exit status; 128 and the number of a signal. */
  readonly status: number;
  readonly stdout: Uint8Array;
  /** A byte string. */
  readonly stderr: string;
}
