import { expect, test } from "vitest";
import { type ErasePorts, eraseMemory } from "../../src/execute/erase-memory.ts";
import { isSysError } from "../../src/port/sys-error.ts";
import { sysError } from "../fake/sys-error.ts";

interface FakeMemory {
  /** In KiB. */
  readonly free: number;
  /** Whether what is taken is seen to be taken. */
  readonly shrinks?: boolean;
  readonly limitMs?: number;
  readonly end?: "error" | "crashed" | "hung";
  /** Places of ended processes in slabs, at each look; none is a kernel without /sys/kernel/slab. */
  readonly places?: readonly number[];
}

/** What is said, what is taken, in KiB, and how many processes are held. */
function erase({ free, shrinks = true, limitMs = 1_000, end, places = [0] }: FakeMemory) {
  const [said, taken, held]: [string[], number[], number[]] = [[], [], []];
  const looks = [...places];
  let [left, now] = [free, 0];
  let action = () => "";
  const perform = () => {
    try {
      return { kind: "done", output: action() } as const;
    } catch (thrown) {
      if (!isSysError(thrown)) throw thrown;
      return { kind: "error", syscall: thrown.syscall, code: thrown.code } as const;
    }
  };
  const ends = () => {
    if (end === "error") return { kind: end, syscall: "mmap", code: "ENOMEM" } as const;
    if (end === "crashed") return { kind: end, signal: 9 } as const;
    return perform();
  };
  const ports: ErasePorts = {
    clock: { now: () => now },
    onTick: () => {},
    tasks: {
      start: (started) => {
        action = started;
        return 1;
      },
      wait: () => {
        now += 250;
        return end === "hung" ? [] : [{ task: 1, result: ends() }];
      },
      abandon: () => {},
    },
    reader: {
      readText: (path) => {
        if (path === "/proc/meminfo") return `MemTotal: 2000000 kB\nMemFree:   ${left} kB\n`;
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
      shrinkSlabs: () => {},
      holdProcesses: (count) => held.push(count),
      offerToOomKiller: () => {
        throw sysError("open", "ENOENT");
      },
      take: (bytes) => {
        taken.push(bytes / 1024);
        if (shrinks) left -= bytes / 1024;
      },
    },
  };
  const say = (line: string) => said.push(line);
  eraseMemory(limitMs, ports, { info: say, warn: say });
  return { said, taken, held };
}

test("all that is free is taken, but what the kernel needs to go on", () => {
  expect(erase({ free: 50_000 })).toEqual({
    said: ["exitrd: 43 MiB of free memory erased in 500 ms"],
    taken: [16_384, 16_384, 11_088],
    held: [],
  });
});

test("nothing is taken where nothing is free, or nobody tells", () => {
  expect(erase({ free: 6_000 }).taken).toEqual([]);
  expect(erase({ free: Number.NaN }).taken).toEqual([]);
});

test("a kernel that always has more is not believed for ever", () => {
  expect(erase({ free: 50_000, shrinks: false }).taken).toHaveLength(3);
});

test("places of ended processes are filled, until there are none", () => {
  expect(erase({ free: 0, places: [40, 3, 0, 9] }).held).toEqual([40, 3]);
  expect(erase({ free: 0, places: [-1] }).held).toEqual([]);
});

test("a kernel that always has more places fills no memory with processes", () => {
  const said =
    "exitrd: cannot overwrite the registers of all ended processes: there are too many, or more and more, going on";
  const many = erase({ free: 0, places: [700, 700, 700] });
  expect(many.held).toEqual([700, 300]);
  expect(many.said).toContain(said);
  const more = erase({ free: 0, places: [5, 5, 5, 5, 5, 5] });
  expect(more.held).toEqual([5, 5, 5, 5]);
  expect(more.said).toContain(said);
});

test("a kernel that tells of no slabs has its free memory erased all the same", () => {
  const { said, taken } = erase({ free: 50_000, places: [] });
  expect(said).toEqual([
    "exitrd: cannot overwrite the registers of all ended processes: no /sys/kernel/slab, or no process can be started, going on",
    "exitrd: 43 MiB of free memory erased in 500 ms",
  ]);
  expect(taken).toHaveLength(3);
});

test.each([
  [{ end: "error" }, "the kernel gives none"],
  [{ end: "crashed" }, "the kernel ran out of it"],
  [{ end: "hung" }, "there was not enough time: set Timeout=, or init_on_free=1 for the kernel"],
  [{ limitMs: 0 }, "there is no time left: set Timeout="],
] as const)("what goes wrong is said: %j", (change, reason) => {
  const { said, taken } = erase({ free: 50_000, ...change });
  expect(said.at(-1)).toBe(`exitrd: cannot erase all free memory: ${reason}, going on`);
  expect(taken).toEqual([]);
});
