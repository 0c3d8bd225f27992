import type { PivotKernel, Stop, Tracee, Tracing } from "../../src/port/pivot.ts";
import { failCall } from "./fail-call.ts";

/** Records the calls of a pivot; those in `failures` ("pivot_root") throw. */
export class FakePivot implements PivotKernel, Tracing {
  readonly calls: string[] = [];
  readonly failures = new Map<string, string>();
  /** The stops of PID 1, in order; undefined for a wait that times out. */
  stops: (Stop | undefined)[] = [];
  /** As in the kernel, any stop consumes an interruption, and only a stopped process can be detached. */
  private isInterrupted = false;
  private isStopped = false;
  registers = new Uint8Array(27 * 8);
  /** The bytes at every address. */
  memory: readonly number[] = [0x0f, 0x05];

  makeMountsPrivate = (): void => this.call("private", "/");
  bind = (source: string, target: string): void => this.call("bind", `${source} ${target}`);
  unmount = (target: string): void => this.call("umount2", target);
  pivotRoot = (root: string, old: string): void => this.call("pivot_root", `${root} ${old}`);
  makeDirectory = (path: string): void => this.call("mkdir", path);
  writeFile = (path: string, text: string): void => this.call("write", `${path} ${text.trim()}`);
  removeFile = (path: string): void => this.call("unlink", path);
  rename = (from: string, to: string): void => this.call("rename", `${from} ${to}`);
  link = (target: string, path: string): void => this.call("symlink", `${target} ${path}`);
  writeFifo = (path: string, message: Uint8Array): void =>
    this.call("fifo", `${path} ${message.length}`);
  kill = (pid: number, signal: string): void => this.call("kill", `${pid} ${signal}`);
  /** Only waiting to be killed takes this long. */
  sleep = (milliseconds: number): void => {
    if (milliseconds >= 1_000) throw new Error("waits to be killed");
  };
  getpid = (): number => 300;

  seize = (pid: number): Tracee => {
    this.call("seize", String(pid));
    return {
      interrupt: () => {
        this.call("interrupt", "");
        this.isInterrupted = true;
      },
      waitForStop: () => {
        if (this.stops[0]?.kind === "interrupted" && !this.isInterrupted) return undefined;
        const stop = this.stops.shift();
        if (stop === undefined) return undefined;
        this.isStopped = true;
        this.isInterrupted = false;
        return stop;
      },
      resume: (until, signal) => {
        this.call("resume", `${until} ${signal}`);
        this.isStopped = false;
      },
      detach: (signal) => {
        if (!this.isStopped) failCall("ptrace", "ESRCH");
        this.call("detach", String(signal));
      },
      readRegisters: () => this.registers.slice(),
      writeRegisters: (registers) => {
        this.call("registers", "");
        this.registers = registers.slice();
      },
      changeCall: (number) => this.call("change", String(number)),
      readMemory: () => Uint8Array.from(this.memory),
      writeMemory: (_address, data) => this.call("memory", String(data.length)),
      sendAgain: (signal) => this.call("again", String(signal)),
    };
  };

  private call(name: string, words: string): void {
    const code = this.failures.get(name);
    if (code !== undefined) failCall(name, code);
    this.calls.push(`${name} ${words}`.trim());
  }
}
