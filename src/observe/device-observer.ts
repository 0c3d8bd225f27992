import type { Reader } from "../port/teardown.ts";
import type { BaseDevice } from "../teardown/snapshot/base.ts";
import type { AskPorts } from "./ask-ports.ts";

/** How one kind is observed among the block devices. `F` is what it adds to a device. */
export interface DeviceObserver<F> {
  /** Filters by the name in sysfs, to save system calls for other devices. */
  matches(entry: string): boolean;
  /**
   * Reads the text of sysfs, where `entry` is the name: {} if the device is not (or no longer) of this
   * kind. Must not read a disk or ask a driver that may not answer. Absent if there is no text.
   */
  readonly observe?: (entry: string, reader: Reader) => F;
  /**
   * Completes a device with information from its driver or from the devices below, which may block
   * for ever; undefined if the text is sufficient.
   */
  readonly findAsk?: (device: BaseDevice & F) => ((ports: AskPorts) => F) | undefined;
  /** What is known about a silent device, beyond `observe`; `unread` if even text is missing. */
  readonly mute?: {
    observe(device: BaseDevice, reader: Reader): F;
    unread(device: BaseDevice): F;
  };
}
