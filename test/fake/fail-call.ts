import { sysError } from "./sys-error.ts";

/** Throws a `SysError` like native/error.c. */
export function failCall(syscall: string, code: string, path?: string): never {
  throw sysError(syscall, code, path);
}
