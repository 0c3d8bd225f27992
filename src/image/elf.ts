import { elfMachineOf } from "./architecture.ts";
import { readHead, segmentTypes } from "./elf/segments.ts";
import type { ElfProblem } from "./problem.ts";

/**
 * Checks that `bytes` is a static program for `architecture` (elf(5)).
 *
 * A dynamic program, or one for another machine, cannot be executed as PID 1: the kernel panics.
 * systemd only checks the mode bits before it pivots.
 */
export function checkElf(
  bytes: Uint8Array,
  architecture: string,
): ElfProblem["reason"] | undefined {
  const head = readHead(bytes);
  if (!head.ok) return head.problem;
  const { machine, segments } = head.value;
  if (machine !== elfMachineOf(architecture)) return "machine";
  return segments.some(({ type }) => type === segmentTypes.interpreter) ? "interpreter" : undefined;
}
