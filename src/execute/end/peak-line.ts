import { readOrEmpty } from "../../port/best-effort.ts";
import type { Ports } from "../ports.ts";

/** proc_pid_status(5): the most memory that this process ever had in RAM. */
export function peakLine({ reader }: Pick<Ports, "reader">): string {
  const status = readOrEmpty("/proc/self/status", reader);
  return `exitrd: ${/^VmHWM:\s*(.*)$/m.exec(status)?.[1] ?? "unknown"} resident at most`;
}
