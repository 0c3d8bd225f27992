import { runTask, runTasks } from "../../observe/run-task.ts";
import { readOrEmpty } from "../../port/best-effort.ts";
import type { Reader } from "../../port/teardown.ts";
import { splitWords } from "../../text/words.ts";
import type { Share } from "../deadline/share-time.ts";
import type { Ports } from "../ports.ts";

const LIMIT_MS = 1_000;

/**
 * Flushes the cache of every block device that was written to once more, in parallel, in 2 s at
 * most. Nothing else flushes a disk whose last user was removed by force.
 */
export function flushDisks(share: Share, { reader, kernel, ...ports }: Ports): void {
  const listed = runTask(() => listWritten(reader).join(" "), share(LIMIT_MS), ports);
  if (listed.kind !== "done" || listed.output === "") return;
  const actions = listed.output.split(" ").map((name) => () => {
    // Where sysfs has "!", /dev has "/".
    kernel.flushAndControl(`/dev/${name.replaceAll("!", "/")}`, []);
    return "";
  });
  runTasks(actions, share(LIMIT_MS), ports);
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
