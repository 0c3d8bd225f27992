import { toBytes } from "../text/bytes.ts";

/** How to change the registers of a stopped process so that it executes another program. */
export interface Architecture {
  /** The system call instruction. */
  readonly instruction: readonly number[];
  /**
   * Possible addresses of that instruction, the most likely first: before it stops the process, the
   * kernel of arm64 steps back to the instruction, that of x86-64 does not.
   */
  findInstruction(registers: Uint8Array): readonly number[];
  /** The number of execve(2). */
  readonly execve: number;
  /** Whether the number has to be set again when the call is entered. */
  readonly changesCall: boolean;
  /** The address of `size` free bytes below the used part of the stack. */
  findRoom(registers: Uint8Array, size: number): number;
  /** Registers for the call: the instruction at `at`, and three arguments. */
  enter(registers: Uint8Array, at: number, call: readonly [number, number, number]): Uint8Array;
  /** Registers to continue the interrupted system call after a failed call. */
  restore(registers: Uint8Array): Uint8Array;
}

/** More than the red zone: leaf functions may use 128 bytes below the stack pointer on x86-64. */
const RED_ZONE = 256;
const ALIGNMENT = 16;

/** include/linux/errno.h: the call has to be restarted. */
const RESTARTS = [-512, -513, -514];
const RESTART_BLOCK = -516;

/** struct user_regs_struct (arch/x86/include/asm/user_64.h). */
const x86 = { rax: 10, rdx: 12, rsi: 13, rdi: 14, origRax: 15, rip: 16, rsp: 19 } as const;
const X86_EXECVE = 59;
const X86_RESTART_SYSCALL = 219;

const x8664: Architecture = {
  instruction: [0x0f, 0x05],
  findInstruction: (registers) => [readWord(registers, x86.rip) - 2],
  execve: X86_EXECVE,
  changesCall: false,
  findRoom: (registers, size) => roomBelow(readWord(registers, x86.rsp), size),
  enter: (registers, at, [path, argv, envp]) =>
    change(registers, [
      [x86.rip, at],
      [x86.rax, X86_EXECVE],
      // Otherwise the kernel would restart the interrupted call.
      [x86.origRax, -1],
      [x86.rdi, path],
      [x86.rsi, argv],
      [x86.rdx, envp],
    ]),
  restore: (registers) => {
    const result = readWord(registers, x86.rax);
    const call = RESTARTS.includes(result)
      ? readWord(registers, x86.origRax)
      : result === RESTART_BLOCK
        ? X86_RESTART_SYSCALL
        : undefined;
    if (call === undefined) return change(registers, [[x86.origRax, -1]]);
    return change(registers, [
      [x86.rip, readWord(registers, x86.rip) - 2],
      [x86.rax, call],
      [x86.origRax, -1],
    ]);
  },
};

/** struct user_pt_regs (arch/arm64/include/uapi/asm/ptrace.h): x0 to x30, sp, pc. */
const arm = { x0: 0, x1: 1, x2: 2, x8: 8, sp: 31, pc: 32 } as const;
const ARM_EXECVE = 221;

// Untested, since there is no such machine among the test machines. From
// arch/arm64/kernel/signal.c.
const aarch64: Architecture = {
  instruction: [0x01, 0x00, 0x00, 0xd4],
  findInstruction: (registers) => [readWord(registers, arm.pc), readWord(registers, arm.pc) - 4],
  execve: ARM_EXECVE,
  // If the call waits with a timeout, the kernel afterwards puts restart_syscall(2) into x8.
  changesCall: true,
  findRoom: (registers, size) => roomBelow(readWord(registers, arm.sp), size),
  enter: (registers, at, [path, argv, envp]) =>
    change(registers, [
      [arm.pc, at],
      [arm.x8, ARM_EXECVE],
      [arm.x0, path],
      [arm.x1, argv],
      [arm.x2, envp],
    ]),
  restore: (registers) => registers,
};

/** Finds the architecture by the machine field of uname(2); undefined if it is not supported. */
export function findArchitecture(machine: string): Architecture | undefined {
  switch (machine) {
    case "x86_64":
      return x8664;
    case "aarch64":
      return aarch64;
    default:
      return undefined;
  }
}

/** The memory that execve(2) reads: the pointers of argv, an empty environment, the strings. */
export interface ExecMemory {
  readonly data: Uint8Array;
  readonly call: readonly [number, number, number];
}

/** The size of the data of `layOutExec`, which does not depend on the address. */
export function sizeExec(argv: readonly string[]): number {
  return layOutExec(0, argv).data.length;
}

/** Lays out the arguments of execve(2) of argv[0] for memory at `address`. */
export function layOutExec(address: number, argv: readonly string[]): ExecMemory {
  const pointers = new Uint8Array((argv.length + 2) * 8);
  const view = new DataView(pointers.buffer);
  let at = address + pointers.length;
  argv.forEach((word, index) => {
    writeWord(view, index, at);
    at += word.length + 1;
  });
  const strings = toBytes(argv.map((word) => `${word}\0`).join(""));
  const data = new Uint8Array(pointers.length + strings.length);
  data.set(pointers);
  data.set(strings, pointers.length);
  const empty = address + (argv.length + 1) * 8;
  return { data, call: [address + pointers.length, address, empty] };
}

function roomBelow(stackPointer: number, size: number): number {
  const top = stackPointer - RED_ZONE - size;
  return top - (top % ALIGNMENT);
}

function change(
  registers: Uint8Array,
  changes: readonly (readonly [index: number, value: number])[],
): Uint8Array {
  const changed = registers.slice();
  const view = new DataView(changed.buffer);
  for (const [index, value] of changes) writeWord(view, index, value);
  return changed;
}

/** Exact for addresses of user space, which are below 2^53, and for small negative numbers. */
function readWord(registers: Uint8Array, index: number): number {
  const view = new DataView(registers.buffer, registers.byteOffset, registers.byteLength);
  return view.getUint32(index * 8, true) + view.getInt32(index * 8 + 4, true) * 2 ** 32;
}

function writeWord(view: DataView, index: number, value: number): void {
  view.setUint32(index * 8, value >>> 0, true);
  view.setInt32(index * 8 + 4, Math.floor(value / 2 ** 32), true);
}
