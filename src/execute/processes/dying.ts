import { runTask } from "../../observe/run-task.ts";
import type { Reader } from "../../port/teardown.ts";
import type { Ports } from "../ports.ts";
import { isEnded } from "./end-process.ts";
import type { Process } from "./list-processes.ts";

const LOOK_MS = 1_000;

/**
 * Returns those that have not ended, in a second at most and until `until` at the latest (milliseconds
 * of `ports.clock`); all of them if that cannot be found out.
 */
export function dropEnded(
  processes: readonly Process[],
  until: number,
  ports: Ports,
): readonly Process[] {
  if (processes.length === 0) return processes;
  const limitMs = Math.min(LOOK_MS, until - ports.clock.now());
  const action = (): string => JSON.stringify(listAlive(processes, ports.reader));
  const looked = runTask(action, limitMs, ports);
  return looked.kind === "done" ? (JSON.parse(looked.output) as readonly Process[]) : processes;
}

function listAlive(processes: readonly Process[], reader: Reader): readonly Process[] {
  return processes.filter((process) => !isEnded({ ...process, name: process.command }, reader));
}
