import { runTask, runTasks } from "../../observe/run-task.ts";
import { splitWords } from "../../text/words.ts";
import type { Ports } from "../ports.ts";

const LIMIT_MS = 1_000;

/**
 * Flushes the cache of every block device that was written to, once more and side by side, in 2 s
 * at most: nobody asks a disk to that has lost its last user by force.
 */
export function flushDisks({ reader, kernel, ...ports }: Ports): void {
  const listed = runTask(() => reader.readDir("/sys/block").join(" "), LIMIT_MS, ports);
  if (listed.kind !== "done") return;
  const actions = listed.output.split(" ").map((name) => () => {
    // Documentation/block/stat.rst: the fifth number is that of the writes.
    const writes = splitWords(reader.readText(`/sys/block/${name}/stat`))[4];
    // Where sysfs has "!", /dev has "/".
    if (writes !== "0") kernel.flushAndControl(`/dev/${name.replaceAll("!", "/")}`, []);
    return "";
  });
  runTasks(actions, LIMIT_MS, ports);
}
