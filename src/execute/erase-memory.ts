import { parseMemFree } from "../core/parse/meminfo.ts";
import { erasedLine, notErasedLine } from "../core/report/erase-lines.ts";
import type { Console } from "../port/console.ts";
import type { Memory } from "../port/memory.ts";
import type { Reader } from "../port/reader.ts";
import { attempt } from "../port/sys-error.ts";
import { runTask, type TaskPorts } from "./run-task.ts";

const CHUNK_KIB = 16 * 1024;
// Left to the kernel, which would look for a process to end before it gives the last page.
const RESERVE_KIB = 6 * 1024;

export interface ErasePorts extends TaskPorts {
  readonly memory: Memory;
  readonly reader: Pick<Reader, "readText">;
}

/**
 * Erases memory that is free, with what was once in it: keys, files, passphrases. A child
 * takes all of it, which the kernel zeroes before it gives it away, and gives it back by its
 * end. What the kernel itself uses stays as it is.
 */
export function eraseMemory(limitMs: number, ports: ErasePorts, console: Console): void {
  if (limitMs <= 0) {
    console.warn(notErasedLine("late"));
    return;
  }
  const began = ports.clock.now();
  const outcome = runTask(() => String(takeAll(ports)), limitMs, ports);
  if (outcome.kind === "done") {
    console.info(erasedLine(Number(outcome.output), ports.clock.now() - began));
  } else {
    console.warn(notErasedLine(outcome.kind));
  }
}

/** In KiB. Ends, whatever the kernel tells: nobody can take more than there is. */
function takeAll({ memory, reader }: ErasePorts): number {
  attempt(() => memory.offerToOomKiller());
  attempt(() => memory.release());
  const all = readFree(reader);
  let taken = 0;
  for (let room = all; room > 0 && taken < all; room = readFree(reader)) {
    const chunk = Math.min(CHUNK_KIB, room);
    memory.take(chunk * 1024);
    taken += chunk;
  }
  return taken;
}

function readFree(reader: ErasePorts["reader"]): number {
  const free = parseMemFree(attempt(() => reader.readText("/proc/meminfo")) ?? "");
  return Math.max(0, (free ?? 0) - RESERVE_KIB);
}
