import { kill, sleep, WNOHANG, waitpid } from "exitrd:sys";
import {
  getRegisters,
  NT_ARM_SYSTEM_CALL,
  NT_PRSTATUS,
  PTRACE_CONT,
  PTRACE_DETACH,
  PTRACE_EVENT_EXEC,
  PTRACE_EVENT_STOP,
  PTRACE_INTERRUPT,
  PTRACE_O_TRACEEXEC,
  PTRACE_O_TRACESYSGOOD,
  PTRACE_SEIZE,
  PTRACE_SYSCALL,
  ptrace,
  readMemory,
  setRegisters,
  writeMemory,
} from "exitrd:trace";
import type { Stop, Tracee, Tracing } from "../port/pivot.ts";

// wait(2): the low byte of a stop, and the signal of a system call with PTRACE_O_TRACESYSGOOD.
const STOPPED = 0x7f;
const CALL_SIGNAL = 0x85;
const POLL_MS = 5;

/** The `Tracing` port on ptrace(2). */
export const hostTracing: Tracing = {
  seize: (pid) => {
    ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD);
    return makeTracee(pid);
  },
};

function makeTracee(pid: number): Tracee {
  return {
    interrupt: () => ptrace(PTRACE_INTERRUPT, pid, 0, 0),
    waitForStop: (limitMs) => waitForStop(pid, limitMs),
    resume: (until, signal) =>
      ptrace(until === "call" ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, signal),
    detach: (signal) => ptrace(PTRACE_DETACH, pid, 0, signal),
    readRegisters: () => getRegisters(pid, NT_PRSTATUS),
    writeRegisters: (registers) => setRegisters(pid, NT_PRSTATUS, registers),
    changeCall: (number) => {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setInt32(0, number, true);
      setRegisters(pid, NT_ARM_SYSTEM_CALL, bytes);
    },
    readMemory: (address, length) => readMemory(pid, address, length),
    writeMemory: (address, data) => writeMemory(pid, address, data),
    sendAgain: (signal) => kill(pid, signal),
  };
}

function waitForStop(pid: number, limitMs: number): Stop | undefined {
  for (let waited = 0; waited <= limitMs; waited += POLL_MS) {
    const changed = waitpid(pid, WNOHANG);
    if (changed !== undefined) return readStop(changed.status);
    sleep(POLL_MS);
  }
  return undefined;
}

function readStop(status: number): Stop {
  if ((status & 0xff) !== STOPPED) return { kind: "ended" };
  const signal = (status >> 8) & 0xff;
  switch (status >> 16) {
    case 0:
      return signal === CALL_SIGNAL ? { kind: "call" } : { kind: "signal", signal };
    case PTRACE_EVENT_EXEC:
      return { kind: "exec" };
    case PTRACE_EVENT_STOP:
      return { kind: "interrupted" };
    default:
      throw new Error(`unexpected ptrace event: ${status >> 16}`);
  }
}
