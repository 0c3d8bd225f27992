// The part of the machine that handing PID 1 over uses. All methods throw a `SysError`.

/** The changes of a pivot; each of them can be undone. */
export interface PivotKernel {
  /** Makes all mounts private: pivot_root(2) fails with EINVAL on shared ones. */
  makeMountsPrivate(): void;
  /** Bind-mounts a directory or file, without the mounts below it. */
  bind(source: string, target: string): void;
  /** umount2(2), MNT_DETACH. */
  unmount(target: string): void;
  /**
   * pivot_root(2), then chdir(2) to the new root. Also moves every process whose root is the old
   * one.
   */
  pivotRoot(newRoot: string, putOld: string): void;
  makeDirectory(path: string): void;
  writeFile(path: string, text: string): void;
  removeFile(path: string): void;
  rename(from: string, to: string): void;
  link(target: string, path: string): void;
  /** Writes to a FIFO; ENXIO if it has no reader. */
  writeFifo(path: string, message: Uint8Array): void;
  kill(pid: number, signal: "SIGSTOP" | "SIGCONT" | "SIGABRT"): void;
  sleep(milliseconds: number): void;
  getpid(): number;
}

/** Why a traced process has stopped. */
export type Stop =
  /** Stopped by `interrupt`, after the system call that it was waiting in. */
  | { readonly kind: "interrupted" }
  /** Entering or leaving a system call. */
  | { readonly kind: "call" }
  /** A new program is about to start. */
  | { readonly kind: "exec" }
  | { readonly kind: "signal"; readonly signal: number }
  | { readonly kind: "ended" };

/** A process traced with ptrace(2). Tracing ends when this program exits. */
export interface Tracee {
  interrupt(): void;
  /** Waits for the next stop, at most `limitMs`; undefined if there was none. */
  waitForStop(limitMs: number): Stop | undefined;
  /**
   * Continues it until its next system call or its next stop, and delivers `signal` unless that is
   * 0.
   */
  resume(until: "call" | "stop", signal: number): void;
  detach(signal: number): void;
  /** The registers in the kernel's layout. */
  readRegisters(): Uint8Array;
  writeRegisters(registers: Uint8Array): void;
  /** arm64: changes the number of the system call that it is about to enter. */
  changeCall(number: number): void;
  readMemory(address: number, length: number): Uint8Array;
  writeMemory(address: number, data: Uint8Array): void;
  /** Sends a signal again that was withheld. */
  sendAgain(signal: number): void;
}

export interface Tracing {
  /** PTRACE_SEIZE, which does not stop it. EPERM if Yama or another security module forbids it. */
  seize(pid: number): Tracee;
}
