import type { TaskPorts } from "../observe/run-task.ts";
import type { Claims, Clock, Kernel, Reader } from "../port/teardown.ts";

/** The ports of a child. */
export interface ActPorts {
  readonly reader: Reader & Claims;
  readonly kernel: Kernel;
  readonly clock: Clock;
  /** When a step is abandoned at the latest, in milliseconds of the clock. */
  readonly untilMs?: number;
}

/** The ports for releasing. */
export interface Ports extends ActPorts, TaskPorts {}
