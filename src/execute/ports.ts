import type { Clock } from "../port/clock.ts";
import type { Kernel } from "../port/kernel.ts";
import type { Reader } from "../port/reader.ts";
import type { Tasks } from "../port/tasks.ts";

/** What releasing works with. */
export interface Ports {
  readonly reader: Reader;
  readonly kernel: Kernel;
  readonly tasks: Tasks;
  readonly clock: Clock;
  /** Called at least once a second while waiting: the watchdog's ping. */
  readonly onTick: () => void;
}
