import { isSysError, type SysError } from "../port/sys-error.ts";

/**
 * Runs `call`; if its system call fails, the error has the path that the user gave instead of a
 * temporary one.
 */
export function nameErrors<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    if (!isSysError(thrown)) throw thrown;
    const error = new Error(`${thrown.syscall} '${path}': ${thrown.words}`);
    const { syscall, errno, code, words } = thrown;
    const fields = { name: "SysError", syscall, errno, code, words, path } as const;
    throw Object.assign(error, fields) satisfies SysError;
  }
}
