import {
  chmod,
  close,
  flock,
  LOCK_EX,
  LOCK_NB,
  mkdir,
  monotonic,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_NOCTTY,
  O_NOFOLLOW,
  O_WRONLY,
  open,
  sleep,
  stat,
  writeAll,
} from "exitrd:sys";
import type { EventLog, OpenEventLog } from "../port/loader.ts";
import { attempt, isSysError } from "../port/sys-error.ts";

const directories = ["/run/log", "/run/log/systemd"];
const path = "/run/log/systemd/tpm2-measure.log";

// Not readable by others: a process that can read the log can also lock it.
const wholeMode = 0o600;
// The sticky bit: a record is being written, or its writer died.
const brokenBit = 0o1000;

const lockLimitMs = 5_000;
const lockPauseMs = 20;

/** The `EventLog` port: locking and mark as in systemd's tpm2-util.c. */
export const hostEventLog: EventLog = { open: openLog };

function openLog(): OpenEventLog | undefined {
  for (const directory of directories) attempt(() => mkdir(directory, 0o755), ["EEXIST"]);
  const flags = O_CREAT | O_WRONLY | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;
  const fd = open(path, flags, wholeMode);
  try {
    lock(fd);
    const inode = `/proc/self/fd/${fd}`;
    if ((stat(inode).mode & brokenBit) !== 0) {
      close(fd);
      return undefined;
    }
    chmod(inode, wholeMode | brokenBit);
    return {
      finish: (record) => {
        writeAll(fd, record);
        chmod(inode, wholeMode);
      },
      close: () => close(fd),
    };
  } catch (thrown) {
    close(fd);
    throw thrown;
  }
}

function lock(fd: number): void {
  const until = monotonic() + lockLimitMs;
  for (;;) {
    try {
      flock(fd, LOCK_EX | LOCK_NB);
      return;
    } catch (thrown) {
      if (!isSysError(thrown) || thrown.code !== "EAGAIN" || monotonic() > until) throw thrown;
    }
    sleep(lockPauseMs);
  }
}
