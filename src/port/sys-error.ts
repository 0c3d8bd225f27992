// A failed system call is a `SysError`, thrown by native/. Which of three to use:
//
// - `attempt(call, codes)` where one outcome of the call is not a failure, but an answer: ENOENT
//   is "there is none". The codes name those answers; EIO or EPERM is none of them, and passes.
// - `attempt(call)` where nothing that follows depends on whether it worked: a nicer setting, a
//   cleanup, a second way that is tried next. Never for a proof, nor where what was to be
//   restricted would then be unrestricted.
// - `trySys(call)` (sys-failure.ts) where the caller goes on, and somebody is to read why not.
//
// Neither, where the caller cannot go on: the error passes to whoever can. The child of
// a step, the command line and `trySys` are where it ends; there it becomes a `Failure`, or
// a problem with fields, of which the report makes a sentence.

/** What a failed system call throws, in the shape that `native/sys.d.ts` gives it. */
export interface SysError extends Error {
  readonly name: "SysError";
  readonly syscall: string;
  readonly errno: number;
  /** The symbolic name, for example `EBUSY`. */
  readonly code: string;
  /** The same in words, for example `Device or resource busy`. */
  readonly words: string;
  readonly path?: string;
}

/** Whether it is a failed system call, or a broken invariant, which must not be swallowed. */
export function isSysError(thrown: unknown): thrown is SysError {
  return thrown instanceof Error && thrown.name === "SysError";
}

/**
 * Runs `call`; undefined if its system call failed, with one of `codes` where they are given.
 * Any other exception passes.
 */
export function attempt<T>(call: () => T, codes?: readonly string[]): T | undefined {
  try {
    return call();
  } catch (thrown) {
    if (isSysError(thrown) && (codes?.includes(thrown.code) ?? true)) return undefined;
    throw thrown;
  }
}
