import * as sys from "exitrd:sys";

// Fails in the way that argv[2] names; argv[1] is the verb, as for /shutdown.
const RLIMIT_STACK = 3;
const SIGALRM = 14;

function recurse(depth: number): number {
  return depth === 0 ? 0 : 1 + recurse(depth - 1);
}

/** Fills a pipe and makes it standard error, so that no message can be written. */
function blockStandardError(): void {
  const [, writeEnd] = sys.pipe();
  sys.write(writeEnd, new Uint8Array(65_536));
  sys.dup2(writeEnd, 2);
}

async function rejectLater(): Promise<void> {
  await Promise.resolve();
  throw new Error("rejected on purpose");
}

const failures: Readonly<Record<string, () => void>> = {
  return: () => {},
  throw: () => {
    throw new Error("thrown on purpose");
  },
  "throw-string": () => {
    throw "only\na string";
  },
  reject: () => {
    void rejectLater();
  },
  // A handled rejection is not reported, an unhandled one is.
  "reject-first": () => {
    void Promise.reject(new Error("first on purpose"));
    Promise.reject(new Error("second on purpose")).catch(() => {});
  },
  "reject-second": () => {
    const first = Promise.reject(new Error("first on purpose"));
    void Promise.reject(new Error("second on purpose"));
    first.catch(() => {});
  },
  "reject-both": () => {
    for (const word of ["first", "second"]) void Promise.reject(new Error(`${word} on purpose`));
  },
  recurse: () => {
    recurse(1e9);
  },
  memory: () => {
    const kept: string[][] = [];
    for (;;) kept.push(new Array(100_000).fill("x"));
  },
  // The stack cannot grow, so script's recursion is a true SIGSEGV.
  fault: () => {
    sys.setSoftLimit(RLIMIT_STACK, 65_536);
    recurse(20_000);
  },
  abort: () => sys.kill(sys.getpid(), sys.SIGABRT),
  loop: () => {
    sys.armLastResort(200, sys.LINUX_REBOOT_CMD_RESTART);
    for (;;) {}
  },
  sleep: () => {
    sys.armLastResort(0.5, sys.LINUX_REBOOT_CMD_RESTART);
    for (;;) sys.sleep(60_000);
  },
  // Signal masks and dispositions set by script must not disarm it.
  "mask-and-loop": () => {
    const all = Array.from({ length: sys.NSIG - 1 }, (_, index) => index + 1);
    sys.sigprocmask(sys.SIG_SETMASK, all);
    sys.armLastResort(200, sys.LINUX_REBOOT_CMD_RESTART);
    for (;;) {}
  },
  /** A signal that anybody may send must not make a system call of PID 1 fail. */
  signalled: () => {
    const [readEnd, writeEnd] = sys.pipe();
    const init = sys.getpid();
    if (sys.fork() === 0) {
      for (const signal of [SIGALRM, sys.SIGSEGV]) {
        sys.sleep(100);
        sys.kill(init, signal);
      }
      sys.sleep(100);
      sys.write(writeEnd, "x");
      sys.exit(0);
    }
    sys.read(readEnd, 1);
    sys.waitpid(-1, 0);
    sys.reboot(sys.LINUX_REBOOT_CMD_POWER_OFF);
  },
  disarmed: () => {
    sys.armLastResort(100, sys.LINUX_REBOOT_CMD_RESTART);
    sys.armLastResort(0, sys.LINUX_REBOOT_CMD_POWER_OFF);
    sys.sleep(300);
  },
  "blocked-console": () => {
    blockStandardError();
    throw new Error("nobody hears this");
  },
  "no-dev": () => {
    sys.mount("none", "/dev", "tmpfs", 0, "");
    throw new Error("thrown without /dev");
  },
  // A child's failure concerns its parent; it must not end the machine.
  child: () => {
    const pid = sys.fork();
    if (pid === 0) throw new Error("thrown in a child");
    const status = sys.waitpid(pid, 0)?.status;
    const crashed = sys.fork();
    if (crashed === 0) sys.kill(sys.getpid(), sys.SIGSEGV);
    const signal = (sys.waitpid(crashed, 0)?.status ?? 0) & 0x7f;
    sys.write(1, `${status} ${signal}\n`);
    sys.reboot(sys.LINUX_REBOOT_CMD_RESTART);
  },
  entry: () => {
    const lines = sys.readFile("/proc/self/status").split("\n");
    const shown = lines.filter((line) => /^Sig(Blk|Ign)/.test(line)).join(" ");
    const open = sys
      .readdir("/proc/self/fd")
      .map(Number)
      .filter((fd) => fd <= 2);
    sys.write(3, `${shown} fds ${open.sort().join(",")}\n`);
    sys.reboot(sys.LINUX_REBOOT_CMD_RESTART);
  },
};

const fail = failures[sys.argv[2] ?? ""];
if (fail === undefined) sys.exit(3);
fail();
