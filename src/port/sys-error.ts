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

/** Tells a failed system call from a broken invariant, which must not be swallowed. */
export function isSysError(thrown: unknown): thrown is SysError {
  return thrown instanceof Error && thrown.name === "SysError";
}

/** Runs `call`; undefined if its system call failed. Any other exception passes. */
export function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (thrown) {
    if (isSysError(thrown)) return undefined;
    throw thrown;
  }
}
