import type { TaskPorts } from "../observe/run-task.ts";
import type { Claims, Clock, Kernel, Reader } from "../port/teardown.ts";

/** The ports of a child. */
export interface ActPorts {
  readonly reader: Reader & Claims;
  readonly kernel: Kernel;
  readonly clock: Clock;
}

/** The ports for releasing. */
export interface Ports extends ActPorts, TaskPorts {}
