import { runTask, runTasks } from "../../observe/run-task.ts";
import { listOrNone, readOrEmpty } from "../../port/best-effort.ts";
import { catchSysError } from "../../port/sys-error.ts";
import type { Action, Console, Kernel, Reader } from "../../port/teardown.ts";
import type { RecordedStep } from "../../teardown/record/record.ts";
import { splitWords } from "../../text/words.ts";
import type { Share } from "../deadline/share-time.ts";
import type { Ports } from "../ports.ts";
import { recordLoss } from "../record/record-loss.ts";
import { actAfterPages, devicePath } from "./act-after-pages.ts";

const LIMIT_MS = 1_000;

/**
 * Flushes the cache of every block device that was written to once more, in parallel, in 2 s at
 * most. Nothing else flushes a disk whose last user was removed by force. Returns the names of those
 * that have lost data; a device that did not answer in time may still be writing.
 */
export function flushDisks(share: Share, { reader, kernel, ...ports }: Ports): readonly string[] {
  // Most machines have one disk, which needs no child of its own.
  const listing: Action = (send) => {
    const [name, ...others] = listWritten(reader);
    send(`${[name, ...others].join(" ")}\n`);
    return name === undefined || others.length > 0 ? "" : (flush(name, reader, kernel) ?? "");
  };
  const listed = runTask(listing, share(LIMIT_MS), ports);
  if (listed.kind !== "done") return [];
  const [line = "", loss] = listed.output.split("\n");
  const names = splitWords(line);
  if (names.length < 2) return loss === "" ? [] : names;
  const actions = names.map((name) => () => flush(name, reader, kernel) ?? "");
  const ends = runTasks(actions, share(LIMIT_MS), ports);
  return names.filter((_, index) => {
    const end = ends[index];
    return end?.kind === "done" && end.output !== "";
  });
}

/** Flushes the disks, and reports each loss and describes it for the record. */
export function recordFlushes(
  share: Share,
  ports: Ports,
  console: Console,
): readonly RecordedStep[] {
  return flushDisks(share, ports).map((name) => recordLoss(name, ports.clock, console));
}

/**
 * Runs in a child. A disk without a cache needs no flush, and one that refuses it, or that is gone,
 * proves no loss. Nor does a virtual device: without a server or a file it fails every flush, and
 * the disks below it are in the list.
 */
function flush(name: string, reader: Reader, kernel: Kernel): "data-lost" | undefined {
  let isFlushed = true;
  const effect = actAfterPages([name], { kernel, reader }, () => {
    isFlushed = catchSysError(() => kernel.flush(devicePath(name)))?.code !== "EIO";
  });
  const isHardware = listOrNone(`/sys/block/${name}`, reader).includes("device");
  if (isFlushed || !isHardware) return effect;
  // A path to a disk that another path has replaced: it accepts no requests.
  const access = readOrEmpty(`/sys/block/${name}/device/access_state`, reader);
  return /^(?:standby|unavailable|offline)/.test(access) ? effect : "data-lost";
}

/**
 * The devices that were written to. Those with I/O in flight come last: after the sync, they are
 * probably hung, and must not delay the others. Suspended devices are left out, because the flush
 * would wait until they are resumed; the disks below them are in the list.
 */
function listWritten(reader: Reader): readonly string[] {
  const busy: string[] = [];
  const idle: string[] = [];
  for (const name of reader.readDir("/sys/block")) {
    // Documentation/block/stat.rst: the fifth field counts writes, the ninth I/O in flight.
    const numbers = splitWords(readOrEmpty(`/sys/block/${name}/stat`, reader));
    const isSuspended = readOrEmpty(`/sys/block/${name}/dm/suspended`, reader).trim() === "1";
    if (numbers[4] !== "0" && !isSuspended) (numbers[8] === "0" ? idle : busy).push(name);
  }
  return [...idle, ...busy];
}
