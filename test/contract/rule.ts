import { isSysError } from "../../src/port/sys-error.ts";

/**
 * One rule that every implementation of a port obeys: `run` works in a fresh world and returns the
 * expected result as JSON. The same rules run against the fakes in memory and, as root, against the
 * kernel.
 */
export interface Rule<World> {
  readonly name: string;
  readonly run: (world: World) => unknown;
  readonly expected: unknown;
}

/** The result of a call, or "syscall CODE" if it throws; "done" for undefined. */
export function answerOf(call: () => unknown): unknown {
  try {
    return call() ?? "done";
  } catch (thrown) {
    if (!isSysError(thrown)) throw thrown;
    return `${thrown.syscall} ${thrown.code}`;
  }
}
