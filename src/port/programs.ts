import type { ProgramEnd } from "../teardown/report/program-end.ts";

/**
 * Runs programs of the image. They begin in a session of their own at "/", with
 * nothing open but the console. Each call waits: only a child may make it.
 * Throws a `SysError` if there can be no process.
 */
export interface Programs {
  /** To its end, `limitMs` at most, and its whole process group with it. Its input is empty. */
  run(path: string, args: readonly string[], limitMs: number): ProgramEnd;
  /** A shell on the console, for as long as somebody stays in it. */
  runShell(path: string): ProgramEnd;
}
