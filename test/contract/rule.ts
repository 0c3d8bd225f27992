import { isSysError } from "../../src/port/sys-error.ts";

/**
 * One thing that an implementation of a port does: `run` in a world of its own, and what comes of
 * it, as JSON. The same rules run against the fakes in memory and, as root, against the kernel.
 */
export interface Rule<World> {
  readonly name: string;
  readonly run: (world: World) => unknown;
  readonly expected: unknown;
}

/** What a call answers, or "syscall CODE" of what it throws. Nothing at all is "done". */
export function answerOf(call: () => unknown): unknown {
  try {
    return call() ?? "done";
  } catch (thrown) {
    if (!isSysError(thrown)) throw thrown;
    return `${thrown.syscall} ${thrown.code}`;
  }
}
