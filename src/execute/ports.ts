import type { TaskPorts } from "../observe/run-task.ts";
import type { Clock } from "../port/clock.ts";
import type { Kernel } from "../port/kernel.ts";
import type { Claims, Reader } from "../port/reader.ts";

/** The ports of a child. */
export interface ActPorts {
  readonly reader: Reader & Claims;
  readonly kernel: Kernel;
  readonly clock: Clock;
}

/** The ports for releasing. */
export interface Ports extends ActPorts, TaskPorts {}
