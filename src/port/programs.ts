import type { ProgramEnd } from "../teardown/report/program-end.ts";

/**
 * Runs programs of the image. They start in a new session at "/", with only the console open. The
 * calls block, so only a child may make them. Throws a `SysError` if no process can be created.
 */
export interface Programs {
  /** Runs until it exits, at most `limitMs`, then kills its process group. Its input is empty. */
  run(path: string, args: readonly string[], limitMs: number): ProgramEnd;
  /** Runs a shell on the console until it exits. */
  runShell(path: string): ProgramEnd;
}
