import { sysError } from "./sys-error.ts";

/** Throws a `SysError` as native/error.c makes it. */
export function failCall(syscall: string, code: string, path?: string): never {
  throw sysError(syscall, code, path);
}
