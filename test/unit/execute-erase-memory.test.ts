import { expect, test } from "vitest";
import { type ErasePorts, eraseMemory } from "../../src/execute/wipe/erase-memory.ts";
import { Crash, FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { makeConsole } from "../fake/make-console.ts";
import { sysError } from "../fake/sys-error.ts";

interface FakeMemory {
  /** In KiB. */
  readonly free: number;
  /** Whether allocated memory is subtracted from MemFree. */
  readonly shrinks?: boolean;
  readonly limitMs?: number;
  /** KiB that other processes free after the first allocation. */
  readonly later?: number;
  /** Thrown when memory is allocated. */
  readonly fault?: Error;
  /** Pages on the per-CPU list of each CPU; absent for a kernel without /proc/zoneinfo. */
  readonly kept?: readonly number[];
  /** In KiB. */
  readonly page?: number;
  /** The number of CPUs that are still online when their pages are allocated. */
  readonly online?: number;
  /** By how many KiB each allocation on a CPU lowers MemFree. */
  readonly keptCost?: number;
  /**
   * Slots of exited processes in slabs, each time they are counted; absent for a kernel without
   * /sys/kernel/slab.
   */
  readonly places?: readonly number[];
  /** KiB in pools of huge pages. */
  readonly huge?: number;
}

/**
 * The messages, the allocations in KiB (those on CPUs separately), and the number of held
 * processes.
 */
function erase({
  free,
  shrinks = true,
  limitMs = 1_000,
  later = 0,
  fault,
  kept = [],
  page = 4,
  online = kept.length,
  keptCost = 0,
  places = [0],
  huge,
}: FakeMemory) {
  const [said, taken, held]: [string[], number[], number[]] = [[], [], []];
  const takenOn: [cpu: number, kib: number][] = [];
  const looks = [...places];
  let left = free;
  const tasks = new FakeTasks();
  const ports: ErasePorts = {
    clock: tasks.clock,
    onTick: () => {},
    tasks,
    reader: {
      readText: (path) => {
        if (path === "/proc/meminfo") {
          const pools = huge === undefined ? "" : `Hugetlb:   ${huge} kB\n`;
          return `MemTotal: 100000 kB\nMemFree:   ${left} kB\n${pools}`;
        }
        if (path === "/proc/zoneinfo") return formatZones(kept);
        if (path.endsWith("/objects")) return "100 N0=60 N1=40\n";
        const look = looks.shift();
        if (look === undefined) throw sysError("open", "ENOENT");
        return `${100 + look} N0=${100 + look}\n`;
      },
    },
    memory: {
      release: () => {
        throw sysError("open", "ENOENT");
      },
      shrinkSlab: () => {},
      holdProcesses: (count) => held.push(count),
      offerToOomKiller: () => {
        throw sysError("open", "ENOENT");
      },
      pageSize: () => page * 1024,
      take: (bytes) => {
        if (fault !== undefined) throw fault;
        taken.push(bytes / 1024);
        if (shrinks) left -= bytes / 1024;
        if (taken.length === 1) left += later;
      },
      takeOn: (cpu, bytes) => {
        if (cpu >= online) throw sysError("sched_setaffinity", "EINVAL");
        takenOn.push([cpu, bytes / 1024]);
        left -= keptCost;
      },
    },
  };
  const say = (line: string) => said.push(line);
  eraseMemory(limitMs, ports, makeConsole(say));
  return { said, taken, held, takenOn };
}

function formatZones(kept: readonly number[]): string {
  const sets = kept.map((pages, cpu) => `    cpu: ${cpu}\n              count:    ${pages}\n`);
  return `Node 0, zone    DMA32\n  pagesets\n${sets.join("")}`;
}

test("all free memory is allocated, except for what the kernel needs", () => {
  expect(erase({ free: 50_000 })).toEqual({
    said: ["exitrd: 46 MiB of free memory erased in 2 ms"],
    taken: [16_384, 16_384, 14_160],
    held: [],
    takenOn: [],
  });
});

test("nothing is allocated if nothing is free or the amount is unknown", () => {
  expect(erase({ free: 3_000 }).taken).toEqual([]);
  expect(erase({ free: Number.NaN }).taken).toEqual([]);
});

test("memory that other processes free in the meantime is allocated too", () => {
  expect(erase({ free: 30_000, later: 20_000 }).taken).toEqual([16_384, 16_384, 14_160]);
});

test("a kernel that always reports more free memory is limited", () => {
  expect(erase({ free: 50_000, shrinks: false }).taken).toHaveLength(7);
});

test("the per-CPU lists are emptied on their CPU, before the rest", () => {
  const { taken, takenOn, said } = erase({ free: 50_000, kept: [100, 0, 20] });
  expect(taken).toEqual([16_384, 16_384, 8_016, 6_144]);
  expect(takenOn).toEqual([
    [0, 256],
    [0, 144],
    [2, 80],
  ]);
  expect(said).toEqual(["exitrd: 46 MiB of free memory erased in 2 ms"]);
});

test("the per-CPU lists are emptied whatever the size of a page is", () => {
  const { takenOn } = erase({ free: 50_000, kept: [20], page: 64 });
  expect(takenOn.map(([, kib]) => kib)).toEqual([256, 256, 256, 256, 256]);
});

test("a CPU that has gone offline is skipped", () => {
  const { takenOn, said } = erase({ free: 50_000, kept: [20, 20], online: 1 });
  expect(takenOn).toEqual([[0, 80]]);
  expect(said).toEqual(["exitrd: 46 MiB of free memory erased in 2 ms"]);
});

test("per-CPU pages for other uses are not taken from the last free ones", () => {
  const { taken, takenOn } = erase({ free: 20_000, kept: [100_000, 10], keptCost: 256 });
  expect(taken).toEqual([12_832, 256]);
  expect(takenOn).toHaveLength(15);
});

test("slots of exited processes are filled until none is left", () => {
  expect(erase({ free: 0, places: [40, 3, 0, 9] }).held).toEqual([40, 3]);
  expect(erase({ free: 0, places: [-1] }).held).toEqual([]);
});

test("a kernel that always reports more free slots does not fill the memory with processes", () => {
  const said =
    "exitrd: cannot erase the registers of all killed processes: too many freed task slots, or their number keeps growing, ignoring";
  const many = erase({ free: 0, places: [700, 700, 700] });
  expect(many.held).toEqual([700, 300]);
  expect(many.said).toContain(said);
  const more = erase({ free: 0, places: [5, 5, 5, 5, 5, 5] });
  expect(more.held).toEqual([5, 5, 5, 5]);
  expect(more.said).toContain(said);
});

test("free memory is erased even if the kernel does not list slabs", () => {
  const { said, taken } = erase({ free: 50_000, places: [] });
  expect(said).toEqual([
    "exitrd: cannot erase the registers of all killed processes: no /sys/kernel/slab, or no process can be started, ignoring",
    "exitrd: 46 MiB of free memory erased in 2 ms",
  ]);
  expect(taken).toHaveLength(3);
});

test.each([
  [{ fault: sysError("mmap", "ENOMEM") }, "the kernel refused to allocate it"],
  [{ fault: new Crash() }, "the kernel ran out of memory"],
  [{ fault: new Hang() }, "timed out: increase Timeout= or boot with init_on_free=1"],
  [{ limitMs: 0 }, "no time left: increase Timeout="],
] as const)("what goes wrong is said: %j", (change, reason) => {
  const { said, taken } = erase({ free: 50_000, ...change });
  expect(said.at(-1)).toBe(`exitrd: cannot erase all free memory: ${reason}, ignoring`);
  expect(taken).toEqual([]);
});

test("huge pages that the kernel did not free are reported", () => {
  expect(erase({ free: 10_000, huge: 0 }).said).toHaveLength(1);
  expect(erase({ free: 10_000, huge: 4_096 }).said).toEqual([
    "exitrd: cannot erase 4 MiB of huge pages: still in use, ignoring",
    expect.stringMatching(/ of free memory erased in /),
  ]);
});
