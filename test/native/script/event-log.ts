import * as sys from "exitrd:sys";
import { hostEventLog } from "../../../src/host/event-log.ts";
import { catchCode } from "./catch-code.ts";

// systemd's event log, in our own /run.
sys.mount("tmpfs", "/run", "tmpfs", 0, "");
const path = "/run/log/systemd/tpm2-measure.log";
const mode = () => (sys.stat(path).mode & 0o7777).toString(8);

function write(record: string): unknown {
  const log = hostEventLog.open();
  if (log === undefined) return "incomplete";
  const meanwhile = mode();
  // Locks belong to an open file: another one is refused.
  const fd = sys.open(path, sys.O_RDONLY | sys.O_CLOEXEC);
  const locked = catchCode(() => sys.flock(fd, sys.LOCK_EX | sys.LOCK_NB));
  sys.close(fd);
  log.finish(record);
  log.close();
  return { meanwhile, locked, after: mode() };
}

const first = write("\x1e{}\n");
const second = write('\x1e{"pcr":12}\n');
const text = sys.readFile(path);

const holder = sys.open(path, sys.O_RDONLY | sys.O_CLOEXEC);
sys.flock(holder, sys.LOCK_EX);
const start = sys.monotonic();
const busy = catchCode(() => hostEventLog.open());
const waited = sys.monotonic() - start;
sys.close(holder);

// The state that a program leaves if it is killed between extension and record.
hostEventLog.open()?.close();
const broken = [mode(), write("lost"), sys.readFile(path) === text];

sys.unlink(path);
sys.symlink("/run/other", path);
const link = catchCode(() => hostEventLog.open());

sys.write(1, JSON.stringify({ first, second, text, busy, waited, broken, link }));
