import { elfMachineOf } from "./architecture.ts";
import { readHead, segmentTypes } from "./elf/segments.ts";
import type { ElfProblem } from "./problem.ts";

/**
 * Checks that `bytes` is a static program for `architecture` (elf(5)).
 *
 * As PID 1 a program that asks for a loader or another machine ends in a
 * kernel panic, after systemd has looked at its mode bits only.
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
