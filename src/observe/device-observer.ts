import type { Reader } from "../port/reader.ts";
import type { BaseDevice } from "../teardown/snapshot/base.ts";
import type { AskPorts } from "./ask-ports.ts";

/** How one kind is seen among the block devices. `F` is what it adds to a device. */
export interface DeviceObserver<F> {
  /** By the name in sysfs: saves the system calls for all others. */
  matches(entry: string): boolean;
  /**
   * What the text of sysfs says, `entry` being the name there: {} where it is not (or no longer)
   * one. No disk may be read for it and no driver asked that may not answer. Absent where the text
   * says nothing.
   */
  readonly observe?: (entry: string, reader: Reader) => F;
  /**
   * How to complete a device by what only its driver, or what lies below it, can say, which may
   * block for ever; undefined where the text says all.
   */
  readonly findAsk?: (device: BaseDevice & F) => ((ports: AskPorts) => F) | undefined;
  /** What is known of one that did not answer, beyond `observe`: `unread` where not even text is. */
  readonly mute?: {
    observe(device: BaseDevice, reader: Reader): F;
    unread(device: BaseDevice): F;
  };
}
