import type { Clock } from "../port/clock.ts";
import type { Kernel } from "../port/kernel.ts";
import type { Reader } from "../port/reader.ts";
import type { Tasks } from "../port/tasks.ts";

/** What a child works with. */
export interface ActPorts {
  readonly reader: Reader;
  readonly kernel: Kernel;
  readonly clock: Clock;
}

/** What releasing works with. */
export interface Ports extends ActPorts {
  readonly tasks: Tasks;
  /** Called at least once a second while waiting: the watchdog's ping. */
  readonly onTick: () => void;
}
