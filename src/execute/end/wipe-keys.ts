import {
  DM_CONTROL,
  DM_DEV_SUSPEND,
  DM_NOFLUSH_FLAG,
  DM_SKIP_LOCKFS_FLAG,
  DM_SUSPEND_FLAG,
  DM_TARGET_MSG,
  encodeDmMessage,
  encodeDmRequest,
} from "../../kinds/dm/protocol.ts";
import { runTask, runTasks } from "../../observe/run-task.ts";
import { listOrNone, readOrEmpty } from "../../port/best-effort.ts";
import type { Console, Kernel, Reader } from "../../port/teardown.ts";
import { keptKeyLine, wipedKeyLine } from "../../teardown/report/key-lines.ts";
import type { Ports } from "../ports.ts";

/**
 * Wipes the volume keys of the dm-crypt devices that could not be removed, as `cryptsetup
 * luksSuspend` does. Takes `listMs` milliseconds at most to find them, and `wipeMs` to wipe. Nothing
 * on them can be read or written afterwards, so this comes after everything else.
 *
 * Does nothing if there are MD arrays, bcache sets or dm-integrity devices: the kernel writes to those
 * in reboot(2) (md_notify_reboot, bcache_reboot, dm_integrity_reboot), and would wait for ever for a
 * suspended device below them.
 */
export function wipeKeys(
  listMs: number,
  wipeMs: number,
  { reader, kernel, ...ports }: Ports,
  console: Console,
): void {
  const listed = runTask(() => JSON.stringify(listMapped(reader)), listMs, ports);
  if (listed.kind !== "done") return;
  const devices: readonly Mapped[] = JSON.parse(listed.output);
  // One child for each device: even reading its table may hang.
  const actions = devices.map(({ dev }) => () => {
    if (!isEncrypted(dev, reader)) return "";
    wipeKey(dev, kernel);
    return WIPED;
  });
  const ends = runTasks(actions, wipeMs, ports);
  devices.forEach(({ name }, index) => {
    const end = ends[index];
    if (end?.kind !== "done") console.warn(keptKeyLine(name));
    else if (end.output === WIPED) console.warn(wipedKeyLine(name));
  });
}

const WIPED = "wiped";

interface Mapped {
  /** "major:minor" */
  readonly dev: string;
  readonly name: string;
}

function listMapped(reader: Reader): readonly Mapped[] {
  const disks = reader.readDir("/sys/class/block");
  const hasLateWriter = disks.some(
    (disk) => /^md/.test(disk) || listOrNone(`/sys/class/block/${disk}/bcache`, reader).length > 0,
  );
  // A device's own table could not be asked for here: the answer may never come.
  const users = readOrEmpty("/sys/module/dm_integrity/refcnt", reader).trim();
  if (hasLateWriter || !["", "0"].includes(users)) return [];
  return disks.flatMap((disk) => {
    const dev = readOrEmpty(`/sys/class/block/${disk}/dev`, reader).trim();
    const name = readOrEmpty(`/sys/class/block/${disk}/dm/name`, reader).trim();
    return name === "" ? [] : [{ dev, name }];
  });
}

function isEncrypted(dev: string, reader: Reader): boolean {
  return reader.readDm(dev).targets.some(({ type }) => type === "crypt");
}

/** Documentation/admin-guide/device-mapper/dm-crypt.rst: the message needs a suspended device. */
function wipeKey(dev: string, kernel: Kernel): void {
  const flags = DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG | DM_NOFLUSH_FLAG;
  kernel.control(DM_CONTROL, [
    { request: DM_DEV_SUSPEND, argument: encodeDmRequest({ dev, flags, size: 512 }) },
    { request: DM_TARGET_MSG, argument: encodeDmMessage({ dev, flags: 0 }, 0, "key wipe") },
  ]);
}
