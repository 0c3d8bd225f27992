/** strerror(3) of what the calls of a teardown return; musl's tables are not in script's reach. */
const TEXTS: ReadonlyMap<string, string> = new Map([
  ["EACCES", "Permission denied"],
  ["EAGAIN", "Resource temporarily unavailable"],
  ["EBADF", "Bad file descriptor"],
  ["EBUSY", "Device or resource busy"],
  ["EEXIST", "File exists"],
  ["EFAULT", "Bad address"],
  ["EINTR", "Interrupted system call"],
  ["EINVAL", "Invalid argument"],
  ["EIO", "I/O error"],
  ["EMFILE", "Too many open files"],
  ["ENODEV", "No such device"],
  ["ENOENT", "No such file or directory"],
  ["ENOMEM", "Out of memory"],
  ["ENOSPC", "No space left on device"],
  ["ENOSYS", "Function not implemented"],
  ["ENOTBLK", "Block device required"],
  ["ENOTCONN", "Transport endpoint is not connected"],
  ["ENOTTY", "Inappropriate ioctl for device"],
  ["ENXIO", "No such device or address"],
  ["EOPNOTSUPP", "Operation not supported"],
  ["EPERM", "Operation not permitted"],
  ["EROFS", "Read-only file system"],
  ["ESTALE", "Stale file handle"],
  ["ETIMEDOUT", "Connection timed out"],
]);

/** What an errno's symbolic name means; the name itself where unknown. */
export function describeErrno(code: string): string {
  return TEXTS.get(code) ?? code;
}
