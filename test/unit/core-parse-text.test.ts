import { describe, expect, test } from "vitest";
import { parseOsRelease } from "../../src/image/extension/os-release.ts";
import { parseSwaps } from "../../src/kinds/swap/proc-swaps.ts";
import { parseKernelCommandLine } from "../../src/teardown/parse/cmdline.ts";
import { parseProcStat } from "../../src/teardown/parse/proc-stat.ts";
import { isStorageDaemon, parseProcessArgv } from "../../src/teardown/parse/process-argv.ts";
import { parseKeptPages } from "../../src/teardown/parse/zoneinfo.ts";
import { parseTimeSpan } from "../../src/text/time-span.ts";

const HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

describe("/proc/swaps", () => {
  test("partitions and files are distinguished", () => {
    const rows = [
      "/dev/dm-1                               partition\t998396\t\t12\t\t-2",
      "/swap\\040file                          file\t\t1048572\t\t0\t\t-3",
    ];
    expect(parseSwaps(`${HEAD}${rows.join("\n")}\n`)).toEqual([
      { path: "/dev/dm-1", type: "partition", sizeKib: 998396, usedKib: 12 },
      { path: "/swap file", type: "file", sizeKib: 1048572, usedKib: 0 },
    ]);
  });

  test("a deleted swap file keeps its path", () => {
    const [swap] = parseSwaps(`${HEAD}/swapfile\\040(deleted) file\t1\t0\t-2\n`);
    expect(swap?.path).toBe("/swapfile");
  });

  test("the heading alone is not a swap", () => {
    expect(parseSwaps(HEAD)).toEqual([]);
  });
});

describe("/proc/zoneinfo", () => {
  const zone = (name: string, first: number, second: number) => `Node 0, zone ${name}
  pages free     3840
        min      8
  pagesets
    cpu: 0
              count:    ${first}
              high:     252
              batch:    63
              high_min: 252
              high_max: 14973
  vm stats threshold: 4
    cpu: 3
              count:    ${second}
              high:     252
  node_unreclaimable:  0
  start_pfn:           1
`;

  test("the per-CPU count is the sum of all zones", () => {
    expect(parseKeptPages(zone("DMA", 0, 7) + zone("DMA32", 161, 90))).toEqual(
      new Map([
        [0, 161],
        [3, 97],
      ]),
    );
  });

  test("an empty count is zero", () => {
    expect(parseKeptPages("count: 5\n cpu: x\n count: 5\n")).toEqual(new Map());
    expect(parseKeptPages("")).toEqual(new Map());
  });
});

describe("/proc/cmdline", () => {
  test("quotes protect blanks, around a word or around a value", () => {
    expect(parseKernelCommandLine('quiet  a="b c" "d e=f g" h= =i\n')).toEqual([
      { key: "quiet" },
      { key: "a", value: "b c" },
      { key: "d e", value: "f g" },
      { key: "h", value: "" },
      { key: "=i" },
    ]);
  });

  test("a value may contain an equals sign", () => {
    expect(parseKernelCommandLine("root=UUID=ab-cd ro")).toEqual([
      { key: "root", value: "UUID=ab-cd" },
      { key: "ro" },
    ]);
  });
});

describe("/proc/PID/stat", () => {
  test("a name may contain parentheses, blanks and newlines", () => {
    const text = "812 (a) R (\nb) S 1 812 812 0 -1 4194560 1 0\n";
    expect(parseProcStat(text)).toEqual({
      pid: 812,
      command: "a) R (\nb",
      hasEnded: false,
      isBlocked: false,
      startTime: "",
      isKernelThread: false,
    });
  });

  test("the start time distinguishes a process from a later one with the same pid", () => {
    const text = "812 (a) S 1 812 812 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 8 9\n";
    expect(parseProcStat(text)?.startTime).toBe("4711");
  });

  test("a kernel thread is identified by its flag", () => {
    const thread = parseProcStat("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0\n");
    expect(thread?.isKernelThread).toBe(true);
  });

  test.each([
    ["S", 1, false],
    ["Z", 1, true],
    ["X", 0, true],
    ["Z", 2, false],
  ])("in state %s with %i threads it has ended: %s", (state, threads, hasEnded) => {
    const text = `9 (mdmon) ${state} 1 9 9 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 ${threads} 0 5 0\n`;
    expect(parseProcStat(text)?.hasEnded).toBe(hasEnded);
  });

  test("the empty text of a process that has exited is not a process", () => {
    expect(parseProcStat("")).toBeUndefined();
  });
});

describe("/proc/PID/cmdline", () => {
  test("arguments end in NUL, and may be empty", () => {
    expect(parseProcessArgv("a\u0000\u0000b c\u0000")).toEqual(["a", "", "b c"]);
    expect(parseProcessArgv("")).toEqual([]);
  });

  test("an @ as the first character marks a storage daemon", () => {
    expect(isStorageDaemon(["@bin/mdmon", "--takeover"])).toBe(true);
    expect(isStorageDaemon(["bin/@mdmon"])).toBe(false);
    expect(isStorageDaemon([])).toBe(false);
  });
});

describe("os-release", () => {
  test("values may be bare, or in either kind of quotes", () => {
    const lines = ["ID=debian", "# comment", 'VERSION_ID="12"', "A='b\\c'", 'B="c\\"d\\$"', "x"];
    expect([...parseOsRelease(lines.join("\n"))]).toEqual([
      ["ID", "debian"],
      ["VERSION_ID", "12"],
      ["A", "b\\c"],
      ["B", 'c"d$'],
    ]);
  });

  test("a last byte 0xa0 is part of a character, not a blank", () => {
    expect(parseOsRelease("NAME=\u00c3\u00a0 \n").get("NAME")).toBe("\u00c3\u00a0");
  });
});

describe("time spans", () => {
  test.each([
    ["90s", 90_000],
    ["90000000us", 90_000],
    ["1min 30s", 90_000],
    ["1min30s", 90_000],
    ["90", 90_000],
    ["1.5h", 5_400_000],
    ["2min", 120_000],
    ["infinity", Number.POSITIVE_INFINITY],
  ])("%s", (text, ms) => {
    expect(parseTimeSpan(text)).toBeCloseTo(ms, 6);
  });

  test.each(["", "s", "5 parsecs", "-5s", "1m-2"])("%j is not a time span", (text) => {
    expect(parseTimeSpan(text)).toBeUndefined();
  });
});
