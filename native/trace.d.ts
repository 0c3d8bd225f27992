/**
 * The registers and the memory of another process (ptrace(2)), in the style of
 * native/sys.d.ts: for `exitrd pivot`. PID 1 does not link it.
 */
declare module "exitrd:trace" {
  /** ptrace(2) with a request that returns no data. `address` and `data` are numbers. */
  export function ptrace(request: number, pid: number, address: number, data: number): void;
  /** PTRACE_GETREGSET: the registers of the given NT_ type, in the kernel's layout. */
  export function getRegisters(pid: number, type: number): Uint8Array<ArrayBuffer>;
  /** PTRACE_SETREGSET. */
  export function setRegisters(pid: number, type: number, registers: Uint8Array): void;
  /** process_vm_readv(2): may return fewer bytes. */
  export function readMemory(pid: number, address: number, length: number): Uint8Array<ArrayBuffer>;
  /** process_vm_writev(2): returns the number of bytes written. */
  export function writeMemory(pid: number, address: number, data: Uint8Array): number;
  export const PTRACE_SEIZE: number, PTRACE_INTERRUPT: number, PTRACE_SYSCALL: number;
  export const PTRACE_CONT: number, PTRACE_DETACH: number;
  export const PTRACE_O_TRACEEXEC: number, PTRACE_O_TRACESYSGOOD: number;
  export const PTRACE_EVENT_EXEC: number, PTRACE_EVENT_STOP: number;
  export const NT_PRSTATUS: number, NT_ARM_SYSTEM_CALL: number;
}
