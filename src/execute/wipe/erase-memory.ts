import { runTask, type TaskPorts } from "../../observe/run-task.ts";
import { readOrEmpty } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Console, Memory, Reader } from "../../port/teardown.ts";
import { parseHugePages, parseMemFree, parseMemTotal } from "../../teardown/parse/meminfo.ts";
import { parseSlabCount } from "../../teardown/parse/slab.ts";
import { parseKeptPages } from "../../teardown/parse/zoneinfo.ts";
import {
  erasedLine,
  hugePagesLine,
  notErasedLine,
  registersLine,
} from "../../teardown/report/erase-lines.ts";

const CHUNK_KIB = 16 * 1024;
// Left to the kernel, which would run the OOM killer before it allocates its last pages.
const RESERVE_KIB = 3 * 1024;
// The overhead of taking the pages of one CPU, and how many are taken at a time.
const SPARE_KIB = 2048;
const SLICE_KIB = 256;
const TASKS = "task_struct";
// The second round finds what a slab had left on another CPU, the third finds nothing.
const MAX_ROUNDS = 4;
const MAX_HELD = 1000;

export interface ErasePorts extends TaskPorts {
  readonly memory: Memory;
  readonly reader: Pick<Reader, "readText">;
}

/**
 * Erases free memory, which may contain keys, files and passphrases. A child allocates all of it,
 * which the kernel zeroes, and frees it by exiting. Before that, the saved registers of exited
 * processes are overwritten. Other memory used by the kernel is not erased.
 */
export function eraseMemory(limitMs: number, ports: ErasePorts, console: Console): void {
  if (limitMs <= 0) {
    console.warn(notErasedLine("late"));
    return;
  }
  const { clock } = ports;
  const began = clock.now();
  const registers = runTask(() => overwriteRegisters(ports), limitMs / 4, ports);
  if (registers.kind !== "done") console.warn(registersLine(registers.kind));
  else if (registers.output !== "0") console.warn(registersLine("left"));
  const take = (): string => `${takeAll(ports)} ${parseHugePages(readMeminfo(ports.reader)) ?? 0}`;
  const outcome = runTask(take, limitMs - (clock.now() - began), ports);
  if (outcome.kind === "done") {
    const [taken, huge] = outcome.output.split(" ").map(Number);
    if (huge) console.warn(hugePagesLine(huge));
    console.info(erasedLine(taken ?? 0, clock.now() - began));
  } else {
    console.warn(notErasedLine(outcome.kind));
  }
}

/**
 * Starts a process for every free task_struct in the kernel's slabs. A freed one still contains the
 * last state of the vector registers of its process, through which memcpy(3) may have copied a
 * passphrase; fork(2) overwrites all of it (arch/x86/kernel/process.c). The new processes wait
 * until this one exits. Returns how many are left.
 */
function overwriteRegisters({ memory, reader }: ErasePorts): string {
  attempt(() => memory.offerToOomKiller());
  let held = 0;
  for (let round = 0; ; round += 1) {
    memory.shrinkSlab(TASKS);
    const free = countFreedTasks(reader);
    const more = Math.min(free, MAX_HELD - held);
    if (more <= 0 || round === MAX_ROUNDS) return String(Math.max(0, free));
    memory.holdProcesses(more);
    held += more;
  }
}

function countFreedTasks(reader: ErasePorts["reader"]): number {
  const count = (name: string) =>
    parseSlabCount(reader.readText(`/sys/kernel/slab/${TASKS}/${name}`));
  return count("total_objects") - count("objects");
}

/**
 * Returns KiB. Terminates even if the kernel's numbers are wrong: at most all memory can be
 * allocated. The memory free at the beginning is not the limit, since processes that have just
 * exited still free more.
 */
function takeAll(ports: ErasePorts): number {
  const { memory, reader } = ports;
  attempt(() => memory.offerToOomKiller());
  attempt(() => memory.release());
  const cpus = [...readKept(reader).keys()];
  const total = parseMemTotal(readMeminfo(reader)) ?? 0;
  let taken = takeFree(RESERVE_KIB + cpus.length * SPARE_KIB, total, ports);
  for (const cpu of cpus) taken += takeKept(cpu, ports);
  return taken + takeFree(RESERVE_KIB, total - taken, ports);
}

/** Takes all free memory but `reserve`, and `limit` at most. All in KiB, also the result. */
function takeFree(reserve: number, limit: number, { memory, reader }: ErasePorts): number {
  let taken = 0;
  while (taken < limit) {
    const chunk = Math.min(CHUNK_KIB, readFree(reader) - reserve);
    if (chunk <= 0) break;
    memory.take(chunk * 1024);
    taken += chunk;
  }
  return taken;
}

/**
 * Allocates the free pages on a CPU's own lists, where the memory of a process that exited on it can
 * remain for a long time. The kernel only reports the sum of all kinds of pages, so that many are allocated
 * of each, which requires enough free memory. Returns KiB.
 */
function takeKept(cpu: number, { memory, reader }: ErasePorts): number {
  const kept = ((readKept(reader).get(cpu) ?? 0) * memory.pageSize()) / 1024;
  let taken = 0;
  while (taken < kept && readFree(reader) >= RESERVE_KIB + 2 * SLICE_KIB) {
    const slice = Math.min(SLICE_KIB, kept - taken);
    const got = attempt(() => {
      memory.takeOn(cpu, slice * 1024);
      return slice;
    });
    // The CPU has gone offline.
    if (got === undefined) break;
    taken += got;
  }
  return taken;
}

function readKept(reader: ErasePorts["reader"]): ReadonlyMap<number, number> {
  return parseKeptPages(readOrEmpty("/proc/zoneinfo", reader));
}

function readFree(reader: ErasePorts["reader"]): number {
  return parseMemFree(readMeminfo(reader)) ?? 0;
}

function readMeminfo(reader: ErasePorts["reader"]): string {
  return readOrEmpty("/proc/meminfo", reader);
}
