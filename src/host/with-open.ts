import { close, O_CLOEXEC, open } from "exitrd:sys";

/** Opens a file while `use` runs. Throws what the system calls and `use` throw. */
export function withOpen<T>(path: string, flags: number, use: (fd: number) => T): T {
  const fd = open(path, flags | O_CLOEXEC);
  try {
    return use(fd);
  } finally {
    close(fd);
  }
}
