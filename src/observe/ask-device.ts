import type { BcacheState } from "../kinds/bcache/model.ts";
import type { DmState } from "../kinds/dm/state.ts";
import type { DrbdState } from "../kinds/drbd/model.ts";
import { DRBD_MAJOR } from "../kinds/drbd/protocol.ts";
import type { BlockDevice } from "../kinds/kinds.ts";
import type { LoopState } from "../kinds/loop/model.ts";
import { findMdAsk } from "../kinds/md/observe.ts";
import type { MdState } from "../kinds/md/state.ts";
import type { Reader } from "../port/reader.ts";
import { attempt } from "../port/sys-error.ts";
import { parseDev } from "../text/dev.ts";
import type { AskPorts } from "./ask-ports.ts";
import { isDm, observeDmText } from "./dm.ts";
import { readLine } from "./read-line.ts";

/** Completes a device by what only its driver, or what lies below it, can say. May block for ever. */
type Ask = (ports: AskPorts) => Partial<BlockDevice>;

/** How to ask about a device; undefined where the text of sysfs says all. */
export function findAsk(device: BlockDevice): Ask | undefined {
  const { name, dev, loop, md, bcache } = device;
  if (loop !== undefined) return (ports) => ({ loop: askLoop(name, loop, ports) });
  if (isDm(name)) return ({ reader }) => ({ dm: askDm(name, dev, reader) });
  if (md !== undefined) return askMd(name, md);
  if (bcache !== undefined) return ({ reader }) => ({ bcache: askBcache(name, bcache, reader) });
  const number = parseDev(dev);
  if (number?.major === DRBD_MAJOR) return ({ reader }) => askDrbd(number.minor, reader);
  if (/^zd[0-9]+$/.test(name)) return ({ reader }) => askZvol(name, reader);
  return undefined;
}

/** LOOP_GET_STATUS64 asks the file system of the backing file, which may ask a server. */
function askLoop(name: string, loop: LoopState, { reader, claims }: AskPorts): LoopState {
  const backingDev = attempt(() => reader.readLoopBackingDev(name));
  return {
    backingFile: loop.backingFile,
    ...(backingDev === undefined ? {} : { backingDev }),
    autoclear: loop.autoclear,
    ...(attempt(() => claims?.isClaimed(name)) === true ? { claimed: true } : {}),
  };
}

/** A thin pool, a cache or a snapshot says nothing while it waits for its metadata's disk. */
function askDm(name: string, dev: string, reader: Reader): DmState {
  // The control device may be missing; sysfs still says enough to name it, unless it is being
  // removed. What cannot be asked for has no table that could be known.
  return attempt(() => reader.readDm(dev)) ?? { ...observeDmText(name, 0, reader), targets: [] };
}

/** Only a bitmap's file and an mdmon are asked for: the rest is text. */
function askMd(name: string, md: MdState): Ask | undefined {
  const ask = findMdAsk(name, md);
  return ask && (({ reader }) => ({ md: { ...md, ...ask(reader) } }));
}

/** The kernel holds bch_register_lock to say it, and also while it writes to a dead disk. */
function askBcache(name: string, bcache: BcacheState, reader: Reader): BcacheState {
  const state = readLine(reader, `/sys/class/block/${name.replaceAll("/", "!")}/bcache/state`);
  return { ...bcache, state: state ?? "" };
}

function askDrbd(minor: number, reader: Reader): { drbd?: DrbdState } {
  const resource = attempt(() => reader.readDrbdResource(minor));
  return resource === undefined ? {} : { drbd: { resource } };
}

function askZvol(name: string, reader: Reader): { zvol?: string } {
  const zvol = attempt(() => reader.readZvolName(name));
  return zvol === undefined ? {} : { zvol };
}
