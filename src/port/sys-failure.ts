import { isSysError, type SysError } from "./sys-error.ts";

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
