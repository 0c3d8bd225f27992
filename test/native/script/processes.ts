import * as sys from "exitrd:sys";
import { catchCode } from "./catch-code.ts";

// Children, pipes, signals, clocks.

/** Forks; the child runs `work` and exits with its result as status. */
function spawnChild(work: () => number): number {
  const pid = sys.fork();
  if (pid === 0) sys.exit(work());
  return pid;
}

function waitFor(pid: number): number | undefined {
  return sys.waitpid(pid, 0)?.status;
}

function tryPipe(): unknown {
  const [readEnd, writeEnd] = sys.pipe();
  const pid = spawnChild(() => {
    sys.write(writeEnd, JSON.stringify({ from: "child", pid: sys.getpid() }));
    return 7;
  });
  sys.close(writeEnd);
  const ready = sys.poll([{ fd: readEnd, events: sys.POLLIN }], 5000);
  const said = String.fromCharCode(...sys.read(readEnd, 4096));
  const status = waitFor(pid);
  const after = sys.poll([{ fd: readEnd, events: sys.POLLIN }], 0);
  sys.close(readEnd);
  return {
    ready: ((ready[0] ?? 0) & sys.POLLIN) !== 0,
    said: JSON.parse(said).pid === pid,
    status,
    hangUp: after[0] === sys.POLLHUP,
    none: sys.waitpid(-1, 0) === undefined,
  };
}

/** A child that never answers is abandoned at its deadline, not waited for. */
function tryAbandoned(): unknown {
  const [readEnd, writeEnd] = sys.pipe();
  const pid = spawnChild(() => {
    for (;;) sys.sleep(1000);
  });
  sys.close(writeEnd);
  const start = sys.monotonic();
  const ready = sys.poll([{ fd: readEnd, events: sys.POLLIN }], 100);
  const waited = sys.monotonic() - start;
  // Deadlines that are over.
  const late = [-0.1, -1, -50, Number.NaN].map((ms) =>
    sys.poll([{ fd: readEnd, events: sys.POLLIN }], ms),
  );
  const notYet = sys.waitpid(pid, sys.WNOHANG) === undefined;
  sys.kill(pid, sys.SIGKILL);
  sys.close(readEnd);
  return { ready, late, inTime: waited >= 99 && waited < 1000, notYet, status: waitFor(pid) };
}

function tryDeaths(): unknown {
  const silent = sys.open("/dev/null", sys.O_WRONLY);
  return {
    segv: waitFor(
      spawnChild(() => {
        sys.kill(sys.getpid(), sys.SIGSEGV);
        return 0;
      }),
    ),
    thrown: waitFor(
      spawnChild(() => {
        sys.dup2(silent, 2);
        throw new Error("on purpose");
      }),
    ),
    returned: waitFor(spawnChild(() => 0)),
    terminated: (() => {
      const pid = spawnChild(() => {
        sys.sigdisposition(sys.SIGTERM, sys.SIG_IGN);
        sys.kill(sys.getpid(), sys.SIGTERM);
        sys.sigdisposition(sys.SIGTERM, sys.SIG_DFL);
        sys.kill(sys.getpid(), sys.SIGTERM);
        return 0;
      });
      return waitFor(pid);
    })(),
    executed: (() => {
      const pid = spawnChild(() =>
        sys.execve("/bin/sh", ["sh", "-c", 'test "$A" = "\xff" && exit 9'], ["A=\xff"]),
      );
      return waitFor(pid);
    })(),
    notExecuted: catchCode(() => sys.execve("/none", ["none"], [])),
  };
}

/** A field of this process's /proc status. */
function readStatus(field: string): string | undefined {
  const lines = sys.readFile("/proc/self/status").split("\n");
  return lines.find((line) => line.startsWith(`${field}:`))?.split("\t")[1];
}

function trySignals(): unknown {
  sys.sigprocmask(sys.SIG_BLOCK, [sys.SIGTERM, sys.SIGHUP]);
  const blocked = readStatus("SigBlk");
  sys.kill(sys.getpid(), sys.SIGTERM);
  const pending = readStatus("ShdPnd");
  sys.sigdisposition(sys.SIGTERM, sys.SIG_IGN);
  sys.sigprocmask(sys.SIG_SETMASK, []);
  return {
    blocked,
    pending,
    open: readStatus("SigBlk"),
    ignored: readStatus("SigIgn"),
    kill: catchCode(() => sys.sigdisposition(sys.SIGKILL, sys.SIG_IGN)),
  };
}

function tryRest(): unknown {
  const start = sys.monotonic();
  sys.sleep(20.5);
  const slept = sys.monotonic() - start;
  return {
    slept: slept >= 20.5 && slept < 1000,
    realtime: sys.realtime() > 1.7e12,
    date: Math.abs(Date.now() - sys.realtime()) < 1000,
    getenv: [sys.getenv("LANGUAGE_OF_TEST"), sys.getenv("NONE_OF_TEST")],
    argv: sys.argv.slice(2),
    umask: [sys.umask(0o27), sys.umask(0o22)][1],
    uname: Object.keys(sys.uname()),
    limit: sys.setSoftLimit(sys.RLIMIT_NOFILE, 100),
    locked: (() => {
      sys.prctl(sys.PR_SET_DUMPABLE, 0, 0, 0, 0);
      sys.mlockall(sys.MCL_CURRENT | sys.MCL_FUTURE);
      return Number.parseInt(readStatus("VmLck")?.trim() ?? "0", 10) > 0;
    })(),
    oneCpu: (() => {
      const last = readStatus("Cpus_allowed_list")
        ?.trim()
        .replace(/.*[-,]/, "");
      sys.setAffinity(Number(last));
      return readStatus("Cpus_allowed_list")?.trim() === last;
    })(),
    tables: (() => {
      const read = () => Number.parseInt(readStatus("VmPTE")?.trim() ?? "", 10);
      const before = read();
      sys.takePageTables(4);
      return read() - before >= 16;
    })(),
    noCpu: [-1, 1023, 1024].map((cpu) => catchCode(() => sys.setAffinity(cpu))),
    last: catchCode(() => sys.armLastResort(1000, sys.LINUX_REBOOT_CMD_POWER_OFF)),
    noSocket: catchCode(() => sys.sendUnix("/none", "x")),
    noAbstract: catchCode(() => sys.sendUnix("@exitrd-test-none", "x")),
    longAddress: catchCode(() => sys.sendUnix(`/${"x".repeat(108)}`, "x")),
    // There is no such command: the kernel refuses it before it does anything.
    reboot: catchCode(() => sys.reboot(0x12345678)),
  };
}

sys.write(
  1,
  JSON.stringify({
    pipe: tryPipe(),
    abandoned: tryAbandoned(),
    deaths: tryDeaths(),
    signals: trySignals(),
    rest: tryRest(),
  }),
);
