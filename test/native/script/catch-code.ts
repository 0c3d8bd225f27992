import type { SysError } from "exitrd:sys";

/** Runs `call`; returns "syscall code" of the error that it throws. */
export function catchCode(call: () => void): string | undefined {
  try {
    call();
  } catch (error) {
    const { syscall, code } = error as SysError;
    return `${syscall} ${code}`;
  }
  return undefined;
}
