/** A `SysError` as the native module would throw it. */
export function sysError(syscall: string, code: string): Error {
  const error = new Error(`${syscall}: ${code}`);
  return Object.assign(error, { name: "SysError", syscall, errno: 1, code });
}
