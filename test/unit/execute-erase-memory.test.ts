import { expect, test } from "vitest";
import { type ErasePorts, eraseMemory } from "../../src/execute/erase-memory.ts";
import { sysError } from "../fake/sys-error.ts";

interface FakeMemory {
  /** In KiB. */
  readonly free: number;
  /** Whether what is taken is seen to be taken. */
  readonly shrinks?: boolean;
  readonly limitMs?: number;
  readonly end?: "error" | "crashed" | "hung";
}

/** What is said, and what is taken, in KiB. */
function erase({ free, shrinks = true, limitMs = 1_000, end }: FakeMemory) {
  const [said, taken]: [string[], number[]] = [[], []];
  let [left, now] = [free, 0];
  let action = () => "";
  const ends = () => {
    if (end === "error") return { kind: end, syscall: "mmap", code: "ENOMEM" } as const;
    if (end === "crashed") return { kind: end, signal: 9 } as const;
    return { kind: "done", output: action() } as const;
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
    reader: { readText: () => `MemTotal: 2000000 kB\nMemFree:   ${left} kB\n` },
    memory: {
      release: () => {
        throw sysError("open", "ENOENT");
      },
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
  return { said, taken };
}

test("all that is free is taken, but what the kernel needs to go on", () => {
  expect(erase({ free: 50_000 })).toEqual({
    said: ["exitrd: 43 MiB of free memory erased in 250 ms"],
    taken: [16_384, 16_384, 11_088],
  });
});

test("nothing is taken where nothing is free, or nobody tells", () => {
  expect(erase({ free: 6_000 }).taken).toEqual([]);
  expect(erase({ free: Number.NaN }).taken).toEqual([]);
});

test("a kernel that always has more is not believed for ever", () => {
  expect(erase({ free: 50_000, shrinks: false }).taken).toHaveLength(3);
});

test.each([
  [{ end: "error" }, "the kernel gives none"],
  [{ end: "crashed" }, "the kernel ran out of it"],
  [{ end: "hung" }, "there was not enough time: set Timeout=, or init_on_free=1 for the kernel"],
  [{ limitMs: 0 }, "there is no time left: set Timeout="],
] as const)("what goes wrong is said: %j", (change, reason) => {
  const { said, taken } = erase({ free: 50_000, ...change });
  expect(said).toEqual([`exitrd: cannot erase all free memory: ${reason}, going on`]);
  expect(taken).toEqual([]);
});
