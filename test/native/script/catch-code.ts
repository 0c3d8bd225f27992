import type { SysError } from "exitrd:sys";

/** Calls, and returns "syscall code" of what it throws. */
export function catchCode(call: () => void): string | undefined {
  try {
    call();
  } catch (error) {
    const { syscall, code } = error as SysError;
    return `${syscall} ${code}`;
  }
  return undefined;
}
