import type { BlockDevice, DeviceFields } from "../kinds/kinds.ts";
import { findDeviceObserver } from "../kinds/observed.ts";
import type { DeviceObserver } from "./device-observer.ts";
import type { Inquiry } from "./inquiry.ts";

/**
 * Asks about devices of which sysfs does not show everything. A device that does not answer is
 * marked and keeps what sysfs shows.
 */
export const deviceInquiry: Inquiry<BlockDevice, DeviceFields> = {
  listQuestions: ({ devices }) =>
    devices.filter((device) => observerOf(device)?.findAsk?.(device) !== undefined),
  deviceOf: ({ name }) => name,
  ask: (device, ports) => observerOf(device)?.findAsk?.(device)?.(ports) ?? {},
  findSubstitute(device) {
    const mute = observerOf(device)?.mute;
    return mute && { read: (reader) => mute.observe(device, reader), unread: mute.unread(device) };
  },
  addReplies(snapshot, replies) {
    const added = new Map(replies.map(({ question, ...reply }) => [question.name, reply]));
    const devices = snapshot.devices.map((device): BlockDevice => {
      const reply = added.get(device.name);
      return reply === undefined ? device : { ...device, ...reply.answer, ...reply.mark };
    });
    return { ...snapshot, devices };
  },
};

function observerOf({ name }: BlockDevice): DeviceObserver<DeviceFields> | undefined {
  return findDeviceObserver(name.replaceAll("/", "!"));
}
