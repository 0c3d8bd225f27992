import type { Export } from "../kinds/export/state.ts";
import type { FuseServer } from "../kinds/fuse/state.ts";
import type { BlockDevice, DeviceFields, Snapshot } from "../kinds/kinds.ts";
import type { Swap } from "../kinds/swap/state.ts";
import { addPoolDevices } from "../kinds/zpool/observe.ts";
import type { Answer, Question } from "./question.ts";
import type { Survey } from "./survey.ts";

/** Device → what sysfs reports about one that does not answer, beyond the first observation. */
export type MuteTexts = ReadonlyMap<string, DeviceFields>;

/**
 * Adds the answers to `questions` to what the text of /proc and /sys shows. Devices without an answer
 * are marked and keep what the text shows.
 */
export function addAnswers(
  snapshot: Snapshot,
  questions: readonly Question[],
  survey: Survey,
  texts: MuteTexts,
): Snapshot {
  const devices = new Map<string, Answer["device"]>();
  const swaps = new Map<Swap, Partial<Swap>>();
  const pools = new Map<string, string>();
  const fuseServers: FuseServer[] = [];
  const exports: Export[] = [];
  questions.forEach((question, index) => {
    const {
      device,
      swapDev,
      pool,
      server,
      exports: seen = [],
    }: Answer = survey.answers.get(index) ?? {};
    const mute = survey.mute.has(index) ? ({ mute: true } as const) : {};
    switch (question.kind) {
      case "device":
        devices.set(question.device.name, { ...device, ...mute });
        return;
      case "label":
        devices.set(question.name, { ...devices.get(question.name), ...mute });
        if (pool !== undefined) pools.set(question.name, pool);
        return;
      case "swap":
        swaps.set(question.swap, { ...(swapDev === undefined ? {} : { dev: swapDev }), ...mute });
        return;
      case "server":
        // A process that is not found in time is killed after everything else, like others.
        if (server !== undefined) fuseServers.push(server);
        return;
      case "exports":
        // Of a protocol that does not answer, its module is named if something stays busy.
        exports.push(...seen);
    }
  });
  const complete = {
    ...snapshot,
    devices: snapshot.devices.map((device) => {
      const added = devices.get(device.name);
      return added === undefined ? device : completeDevice({ ...device, ...added }, texts);
    }),
    swaps: snapshot.swaps.map((swap) => ({ ...swap, ...swaps.get(swap) })),
    ...(fuseServers.length === 0 ? {} : { fuseServers }),
    ...(exports.length === 0 ? {} : { exports }),
  };
  return addPoolDevices(complete, pools);
}

function completeDevice(device: BlockDevice, texts: MuteTexts): BlockDevice {
  return device.mute ? { ...device, ...texts.get(device.name) } : device;
}
