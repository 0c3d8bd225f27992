import {
  chdir,
  chroot,
  close,
  dup2,
  execve,
  exit,
  fork,
  getenv,
  getSoftLimit,
  ioctl,
  kill,
  monotonic,
  O_CLOEXEC,
  O_NOCTTY,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  open,
  RLIMIT_NOFILE,
  readdir,
  SIGKILL,
  setNice,
  setSoftLimit,
  setsid,
  sleep,
  WNOHANG,
  waitpid,
} from "exitrd:sys";
import { attempt } from "../port/sys-error.ts";
import type { Programs } from "../port/teardown.ts";
import type { ProgramEnd } from "../teardown/report/program-end.ts";

// asm-generic/ioctls.h
const TIOCSCTTY = 0x540e;

// The status by which shells report a program that cannot be executed.
const NOT_EXECUTED = 127;

// setpriority(2)
const NORMAL_PRIORITY = 0;

// A process that was killed and has not exited after this time is stuck in the kernel.
const REAP_LIMIT_MS = 200;
const LONGEST_NAP_MS = 20;

/**
 * The `Programs` port: fork(2), execve(2), and waiting with a limit. Programs get the current limit
 * of open files, before PID 1 raises its own.
 */
export function createPrograms(): Programs {
  const openFiles = getSoftLimit(RLIMIT_NOFILE);
  const start = (
    path: string,
    args: readonly string[],
    root: string,
    connect: () => void,
  ): number =>
    startProgram(path, args, root, () => {
      restoreLimits(openFiles);
      connect();
    });
  return {
    run: (path, args, limitMs, root = "/") =>
      waitFor(start(path, args, root, connectOutput), limitMs),
    runShell(path) {
      // Opened first in the parent, where a failure can be reported: without a console, the shell
      // would be useless.
      close(open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC));
      return waitFor(start(path, ["-i"], "/", connectTerminal), Number.POSITIVE_INFINITY);
    },
  };
}

function startProgram(
  path: string,
  args: readonly string[],
  root: string,
  prepare: () => void,
): number {
  const pid = fork();
  if (pid > 0) return pid;
  try {
    // In a process group of its own, which can be killed as a whole.
    setsid();
    prepare();
    closeOthers();
    chroot(root);
    chdir("/");
    execve(path, [path, ...args], listEnvironment());
  } catch {
    exit(NOT_EXECUTED);
  }
}

/**
 * Resets the priority and limits that PID 1 has: a hook in a busy loop must not starve PID 1 of CPU
 * time, and programs that use select(2) must not get descriptors above 1023.
 */
function restoreLimits(openFiles: number): void {
  attempt(() => setNice(NORMAL_PRIORITY));
  attempt(() => setSoftLimit(RLIMIT_NOFILE, openFiles));
}

function listEnvironment(): readonly string[] {
  return ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", `TERM=${getenv("TERM") ?? "linux"}`];
}

function connectOutput(): void {
  const nothing = open("/dev/null", O_RDONLY);
  const output =
    attempt(() => open("/dev/console", O_WRONLY | O_NOCTTY)) ?? open("/dev/null", O_WRONLY);
  connectTo(nothing, output);
}

function connectTerminal(): void {
  const terminal = open("/dev/console", O_RDWR | O_NOCTTY);
  // Required for Ctrl-C. The argument 1 takes the terminal away from another session.
  attempt(() => ioctl(terminal, TIOCSCTTY, 1));
  connectTo(terminal, terminal);
}

function connectTo(input: number, output: number): void {
  dup2(input, 0);
  dup2(output, 1);
  dup2(output, 2);
}

/** systemd before v254 leaks descriptors, which may keep the old root busy. */
function closeOthers(): void {
  for (const name of readdir("/proc/self/fd")) {
    if (Number(name) > 2) attempt(() => close(Number(name)));
  }
}

/** Kills the remaining processes of the program's group. */
export function waitFor(pid: number, limitMs: number): ProgramEnd {
  const status = waitUntilEnded(pid, limitMs);
  attempt(() => kill(-pid, SIGKILL));
  if (status === undefined) {
    waitUntilEnded(pid, REAP_LIMIT_MS);
    return { kind: "hung", limitMs };
  }
  const signal = status & 0x7f;
  return signal === 0 ? { kind: "exited", status: status >> 8 } : { kind: "killed", signal };
}

/** Its status as returned by waitpid(2); undefined if it is still running. */
function waitUntilEnded(pid: number, limitMs: number): number | undefined {
  const until = monotonic() + limitMs;
  for (let nap = 1; ; nap = Math.min(2 * nap, LONGEST_NAP_MS)) {
    const ended = waitpid(pid, WNOHANG);
    if (ended !== undefined) return ended.status;
    if (monotonic() >= until) return undefined;
    sleep(nap);
  }
}
