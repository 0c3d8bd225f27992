const words: Readonly<Record<string, string>> = {
  ENOENT: "No such file or directory",
  EACCES: "Permission denied",
  EPERM: "Operation not permitted",
  EFBIG: "File too large",
  EINVAL: "Invalid argument",
  ENOSPC: "No space left on device",
  EBUSY: "Device or resource busy",
  EEXIST: "File exists",
};

/** Throws a `SysError` with the message that native/error.c gives it. */
export function failCall(syscall: string, code: string, path?: string): never {
  const object = path === undefined ? "" : ` '${path}'`;
  const error = new Error(`${syscall}${object}: ${words[code] ?? code}`);
  throw Object.assign(error, { name: "SysError", syscall, errno: 1, code, path });
}
