import type { Stop, Tracee, Tracing } from "../port/pivot.ts";
import { attempt, type SysFailure, trySys } from "../port/sys-error.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { type Architecture, findArchitecture, layOutExec, sizeExec } from "./registers.ts";

export type TraceProblem =
  | { readonly kind: "architecture"; readonly machine: string }
  | { readonly kind: "system"; readonly error: SysFailure }
  /** It did not stop in time, or not at a system call. */
  | { readonly kind: "no-stop" }
  /** execve(2) failed in the process. */
  | { readonly kind: "not-executed" };

const STOP_LIMIT_MS = 1_000;
const TRIES = 20;

export interface TracePorts {
  readonly tracing: Tracing;
  /** Whether it has already executed the program by itself; called while it is stopped. */
  readonly isExecuted: () => boolean;
}

/**
 * Makes another process execute argv[0] without its cooperation: stops it after the system call
 * that it waits in, and makes it call execve(2) instead. If that fails, it continues as if nothing
 * had happened. Once it has entered execve(2), this waits for the result without a limit.
 */
export function execByTrace(
  pid: number,
  argv: readonly string[],
  machine: string,
  { tracing, isExecuted }: TracePorts,
): Checked<undefined, TraceProblem> {
  const architecture = findArchitecture(machine);
  if (architecture === undefined) return refuse({ kind: "architecture", machine });
  const seized = trySys(() => tracing.seize(pid));
  if (!seized.ok) return refuse({ kind: "system", error: seized.problem });
  const tracee = seized.value;
  const kept: number[] = [];
  const ended = trySys(() => {
    const at = stopAtCall(tracee, architecture);
    if (at === undefined) return refuse<TraceProblem>({ kind: "no-stop" });
    if (isExecuted()) return accept(undefined);
    return execute({ tracee, architecture, at, kept }, argv);
  });
  release(tracee);
  for (const signal of kept) attempt(() => tracee.sendAgain(signal));
  return ended.ok ? ended.value : refuse({ kind: "system", error: ended.problem });
}

/**
 * Detaches from the process. A running process has to be stopped first; if it stayed traced, each
 * signal would stop it.
 */
function release(tracee: Tracee): void {
  const detached = trySys(() => tracee.detach(0));
  if (detached.ok) return;
  attempt(() => {
    tracee.interrupt();
    const stop = tracee.waitForStop(STOP_LIMIT_MS);
    if (stop !== undefined) tracee.detach(stop.kind === "signal" ? stop.signal : 0);
  });
}

/** Returns the address of the system call instruction that it waits in, or has just returned from. */
function stopAtCall(tracee: Tracee, architecture: Architecture): number | undefined {
  for (let tried = 0; tried < TRIES; tried += 1) {
    if (!waitUntilInterrupted(tracee)) return undefined;
    const registers = tracee.readRegisters();
    const at = architecture
      .findInstruction(registers)
      .find((address) => isInstruction(tracee, address, architecture));
    if (at !== undefined) return at;
    if (!runToCall(tracee)) return undefined;
  }
  return undefined;
}

/**
 * Runs on to the next system call, and into it. An init whose children end all the time is never
 * interrupted elsewhere than at the start of its signal handler.
 */
function runToCall(tracee: Tracee): boolean {
  let signal = 0;
  for (let tried = 0; tried < TRIES; tried += 1) {
    tracee.resume("call", signal);
    const stop = tracee.waitForStop(STOP_LIMIT_MS);
    if (stop === undefined || stop.kind === "ended") return false;
    if (stop.kind === "call") {
      tracee.interrupt();
      tracee.resume("stop", 0);
      return true;
    }
    signal = stop.kind === "signal" ? stop.signal : 0;
  }
  return false;
}

/**
 * Signals that arrive in the meantime are passed on; it may also execute another program. Any such
 * stop may have consumed the interruption (kernel/signal.c, ptrace_stop). It is therefore interrupted
 * again before it is resumed, which makes the next stop certain (kernel/ptrace.c, PTRACE_INTERRUPT):
 * once it runs, it may reach its next signal first, every time.
 */
function waitUntilInterrupted(tracee: Tracee): boolean {
  tracee.interrupt();
  for (let tried = 0; tried < TRIES; tried += 1) {
    const stop = tracee.waitForStop(STOP_LIMIT_MS);
    if (stop?.kind === "interrupted") return true;
    if (stop === undefined || stop.kind === "ended") return false;
    tracee.interrupt();
    tracee.resume("stop", stop.kind === "signal" ? stop.signal : 0);
  }
  return false;
}

function isInstruction(tracee: Tracee, address: number, { instruction }: Architecture): boolean {
  const bytes = attempt(() => tracee.readMemory(address, instruction.length));
  return bytes !== undefined && instruction.every((byte, index) => bytes[index] === byte);
}

interface Stopped {
  readonly tracee: Tracee;
  readonly architecture: Architecture;
  /** The address of the instruction. */
  readonly at: number;
  /** Signals that arrived in the meantime: their handlers must not run with changed registers. */
  readonly kept: number[];
}

function execute(
  { tracee, architecture, at, kept }: Stopped,
  argv: readonly string[],
): Checked<undefined, TraceProblem> {
  const registers = tracee.readRegisters();
  const room = architecture.findRoom(registers, sizeExec(argv));
  const { data, call } = layOutExec(room, argv);
  tracee.writeMemory(room, data);
  tracee.writeRegisters(architecture.enter(registers, at, call));
  const entered = runOn(tracee, kept);
  if (entered.kind === "call" && architecture.changesCall) tracee.changeCall(architecture.execve);
  const left = entered.kind === "call" ? runOn(tracee, kept) : entered;
  if (left.kind === "exec") return accept(undefined);
  if (left.kind === "ended") return refuse({ kind: "not-executed" });
  tracee.writeRegisters(architecture.restore(registers));
  return refuse({ kind: "not-executed" });
}

function runOn(tracee: Tracee, kept: number[]): Stop {
  for (;;) {
    tracee.resume("call", 0);
    const stop = waitForStop(tracee);
    if (stop.kind === "signal") kept.push(stop.signal);
    // A second interruption, of which the first stop did not need any more.
    else if (stop.kind !== "interrupted") return stop;
  }
}

/**
 * Whoever gave up here would take everything back while execve(2) is still at work: the program then
 * began in a tree that it does not expect. What execve(2) waits for, the process waits for as well.
 */
function waitForStop(tracee: Tracee): Stop {
  for (;;) {
    const stop = tracee.waitForStop(STOP_LIMIT_MS);
    if (stop !== undefined) return stop;
  }
}
