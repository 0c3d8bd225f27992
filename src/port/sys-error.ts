// A failed system call is a `SysError`, thrown by native/. Which of three to use:
//
// - `attempt(call, codes)` if certain errors are answers, not failures: ENOENT means "there is
//   none". Errors other than `codes`, such as EIO or EPERM, are thrown.
// - `attempt(call)` if nothing depends on the success of the call: an optional setting, a cleanup,
//   a method with a fallback. Never for a proof, and never for a restriction that must be in force.
// - `trySys(call)` if the caller continues, but the reason must be reported.
//
// If the caller cannot continue, use none of them: the error propagates to the child of a step, to
// the command line or to a `trySys`, where it becomes a `Failure` or a problem with fields that the
// report turns into a sentence.

/** The error thrown by a failed system call, as declared in `native/sys.d.ts`. */
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

/** Distinguishes a failed system call from a broken invariant, which must not be swallowed. */
export function isSysError(thrown: unknown): thrown is SysError {
  return thrown instanceof Error && thrown.name === "SysError";
}

/**
 * Runs `call`; undefined if its system call failed (with one of `codes`, if given). Other
 * exceptions are thrown.
 */
export function attempt<T>(call: () => T, codes?: readonly string[]): T | undefined {
  try {
    return call();
  } catch (thrown) {
    if (isSysError(thrown) && (codes?.includes(thrown.code) ?? true)) return undefined;
    throw thrown;
  }
}

/** Runs `call`; returns the error of its system call if that failed. Other exceptions are thrown. */
export function catchSysError(call: () => unknown): SysError | undefined {
  try {
    call();
    return undefined;
  } catch (thrown) {
    if (isSysError(thrown)) return thrown;
    throw thrown;
  }
}

const FLUSHES = ["syncfs", "fsync", "sync_file_range"];

/** Whether a failed call, by its name, means that data was lost. */
export function isLoss(syscall: string): boolean {
  return FLUSHES.includes(syscall);
}

/**
 * Acts after data was flushed. If the act fails after data was lost, `loss` is thrown instead of its
 * error: the kernel reports a loss once, so the next try would not see it (errseq_t).
 */
export function throwLossFirst<T>(loss: SysError | undefined, act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    throw loss ?? thrown;
  }
}

/** A failed system call as a value, for failures and messages. */
export interface SysFailure {
  readonly syscall: string;
  /** The symbolic name, for example `ENOSPC`. */
  readonly code: string;
  /** The same in words, for example `No space left on device`. */
  readonly words: string;
}

/** Runs `call`; if its system call fails, returns the failure as a value. */
export function trySys<T>(
  call: () => T,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: SysFailure } {
  try {
    return { ok: true, value: call() };
  } catch (thrown) {
    if (!isSysError(thrown)) throw thrown;
    return { ok: false, problem: toSysFailure(thrown) };
  }
}

export function toSysFailure(error: SysError): SysFailure {
  const { syscall, code, words } = error;
  return { syscall, code, words };
}
