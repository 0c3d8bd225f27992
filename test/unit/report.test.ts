import { describe, expect, test } from "vitest";
import type { Reader } from "../../src/port/teardown.ts";
import { describeEnding } from "../../src/record/ending-words.ts";
import { encodeJournal, listJournalFields } from "../../src/record/journal.ts";
import {
  type Evidence,
  isOutdated,
  judgeEnding,
  reportUnmarked,
} from "../../src/record/judge-ending.ts";
import { parseMark, parseReport } from "../../src/record/parse-report.ts";
import type { KnownBoot } from "../../src/record/read-boot-before.ts";
import {
  decodeNvmeHealth,
  decodeSmartData,
  readNvmeDrives,
  readSataDisks,
} from "../../src/record/read-drives.ts";
import { renderHtml } from "../../src/record/render-html.ts";
import { renderMetrics } from "../../src/record/render-metrics.ts";
import { renderHistory, renderReport } from "../../src/record/render-text.ts";
import {
  ENDINGS,
  type Ending,
  isUnclean,
  type Mark,
  type Report,
} from "../../src/record/report.ts";
import { type Made, makeRecord, stringifyRecord } from "../../src/teardown/record/make-record.ts";
import type { Account, RecordedMount, ShutdownRecord } from "../../src/teardown/record/record.ts";
import { HOSTILE } from "./message-samples.ts";

const boot = "0123456789abcdef0123456789abcdef";
const other = "f".repeat(32);
const drive = { serial: "S1", model: "M", name: "nvme0" };

const mark: Mark = {
  ...{ format: 1, bootId: boot, startedAt: 1_000, version: "1" },
  ...{ place: "/boot/exitrd.record", drives: [{ ...drive, unsafe: 106 }], crashes: ["/old"] },
};
const stopped: Mark = { ...mark, stoppedAt: 2_000, isLoaded: true, image: "0.2.0" };

const nothing: Evidence = {
  ...{ record: undefined, isUnwritten: true, isTorn: false, isWatchdogReset: false },
  ...{ crashes: ["/old"], drives: [] },
};

const account: Account = {
  steps: [
    { act: "umount", name: "/oldroot", what: "ext4 on vg-root", startMs: 20, tookMs: 80 },
    { act: "dm remove", name: "vg-root", what: "linear", startMs: 100, tookMs: 30 },
  ],
  ...{ layers: 2, planned: 2, mounts: [], left: [], survivors: [], isPlanned: true },
};
const made: Made = {
  ...{ version: "0.2.0", kernel: "6.1.0", verb: "reboot", tookMs: 150 },
  madeAt: Date.UTC(2026, 10, 29, 3, 12, 44),
};
const clean = makeRecord(made, account, true);

const held = { pid: 812, command: "nfsd", by: "cwd", path: "/srv" } as const;
const mount: RecordedMount = {
  ...{ name: "/oldroot", state: "read-only", isSynced: true, holders: [held] },
  ...{ modules: [], layers: [] },
};

describe("the verdict of a record", () => {
  test.each<[string, Partial<Account>, boolean]>([
    ["clean", {}, true],
    ["degraded", { left: ["/oldroot"], mounts: [mount] }, true],
    ["degraded", { survivors: ["dd[1]"] }, true],
    ["degraded", { isPlanned: false }, true],
    ["failed", {}, false],
    ["failed", { left: ["/oldroot"], mounts: [{ ...mount, isSynced: false }] }, true],
    ["failed", { steps: account.steps.map((step) => ({ ...step, isLost: true as const })) }, true],
    ["failed", { isPlanned: false, left: ["unknown"] }, true],
  ])("is %s", (verdict, change, isSynced) => {
    expect(makeRecord(made, { ...account, ...change }, isSynced).verdict).toBe(verdict);
  });
});

describe("the end of a boot", () => {
  const record = clean;
  test.each<[Ending, Mark, Partial<Evidence>]>([
    ["clean", stopped, { record }],
    // After 'systemctl reboot -f', no service has recorded that a shutdown began.
    ["clean", mark, { record }],
    ["degraded", stopped, { record: { ...clean, verdict: "degraded" } }],
    ["failed", stopped, { record: { ...clean, verdict: "failed" }, crashes: ["/new"] }],
    ["unrecorded", stopped, { isUnwritten: false }],
    ["no-exitrd", { ...stopped, isLoaded: false }, {}],
    ["interrupted", stopped, {}],
    ["interrupted", mark, { isTorn: true }],
    // The kernel dumps its log at the end of a shutdown, or when it crashes.
    ["unrecorded", mark, { isCut: true }],
    ["unrecorded", stopped, { isCut: true, isTorn: true }],
    ["unrecorded", stopped, { isCut: true, isWatchdogReset: true }],
    ["crashed", mark, { isCut: true, crashes: ["/new"] }],
    ["power-lost", mark, {}],
    ["watchdog", mark, { isWatchdogReset: true }],
    ["watchdog", stopped, { isWatchdogReset: true }],
    ["crashed", mark, { crashes: ["/new", "/old"], isWatchdogReset: true }],
  ])("is %s", (ending, given, evidence) => {
    expect(judgeEnding(given, { ...nothing, ...evidence }, 9).ending).toBe(ending);
  });

  test.each<[string, boolean, KnownBoot | undefined]>([
    ["the journal is empty", false, undefined],
    ["it is the last boot", false, { bootId: boot, lastAt: 5_000 }],
    ["it is missing in the journal", false, { bootId: other, lastAt: 500 }],
    ["the journal has a later boot", true, { bootId: other, lastAt: 5_000 }],
  ])("belongs to the boot of the mark, unless there is a later boot: %s", (_, isOld, before) => {
    expect(isOutdated(mark, before)).toBe(isOld);
  });

  test("is unknown for a boot without a mark, unless it has a record", () => {
    const before = { bootId: other, lastAt: 5_000 };
    const unknown = reportUnmarked(before.bootId, undefined, 9);
    expect(unknown).toMatchObject({ ending: "unknown", bootId: other, crashes: [], drives: [] });
    expect(isUnclean("unknown")).toBe(false);
    expect(parseReport(JSON.stringify(unknown))).toEqual(unknown);
    expect(renderReport(unknown)[0]).toMatch(/^Last shutdown: unknown: /);
    expect(renderHistory([unknown])).toEqual(["  -1  1970-01-01 00:00:00 UTC  unknown"]);
    expect(reportUnmarked(before.bootId, clean, 9)).toMatchObject({
      ending: "clean",
      record: clean,
    });
  });

  test("has the counts of each drive, by its serial number", () => {
    const drives = [
      { ...drive, name: "nvme1", unsafe: 107 },
      { ...drive, serial: "new", unsafe: 3 },
    ];
    expect(judgeEnding(stopped, { ...nothing, drives }, 9).drives).toEqual([
      { serial: "S1", model: "M", before: 106, after: 107 },
    ]);
  });
});

function report(change: Partial<Report> = {}): Report {
  return { ...judgeEnding(stopped, { ...nothing, record: clean }, 9), ...change };
}

test("a report is one screen, with the verdict first", () => {
  expect(
    renderReport(report({ drives: [{ serial: "S1", model: "M", before: 1, after: 1 }] })),
  ).toEqual([
    "Last shutdown: clean: everything was released",
    "  reboot at 2026-11-29 03:12:44 UTC, exitrd 0.2.0, Linux 6.1.0",
    "  2 of 2 layers in 150 ms",
    "  image 0.2.0, not signed",
    "",
    "  umount /oldroot                ext4 on vg-root    |  #########     |    80 ms",
    "  dm remove vg-root              linear             |          ####  |    30 ms",
    "",
    "Nothing is left.",
    "Unsafe shutdowns counted by the drives: none (1 asked)",
  ]);
});

test("a report names what is left, who held it, what a drive counted, and what to do", () => {
  const record: ShutdownRecord = makeRecord(
    made,
    { ...account, left: ["/oldroot"], mounts: [mount], survivors: ["dd[9]"] },
    true,
  );
  const drives = [{ serial: "S1", model: "M", before: 106, after: 121 }];
  const lines = renderReport(report({ ending: "degraded", record, drives })).slice(8);
  expect(lines).toEqual([
    "What is left:",
    "  left: '/oldroot'",
    "  '/oldroot' was still mounted, read-only, synced",
    "    held by nfsd[812] (cwd) /srv",
    "  could not be killed: dd[9]",
    "The drive M S1 counted 15 more unsafe shutdowns (121 in all)",
    "",
    "What to do:",
    "  stop what holds it before the shutdown; run 'exitrd plan' for what else may stay",
  ]);
});

/** A record that somebody else has written. */
const hostile: Report = report({
  ending: "failed",
  signer: HOSTILE,
  image: HOSTILE,
  record: makeRecord(
    { ...made, version: HOSTILE, kernel: HOSTILE, madeAt: Number.MAX_SAFE_INTEGER },
    {
      ...account,
      steps: [
        ...account.steps.map((step) => ({ ...step, name: HOSTILE, failure: HOSTILE })),
        { act: HOSTILE, name: "<b>", what: '"&', startMs: Number.MAX_SAFE_INTEGER, tookMs: 0 },
      ],
      left: [HOSTILE, "<script>"],
      mounts: [
        {
          ...mount,
          name: HOSTILE,
          holders: [{ ...held, command: HOSTILE, path: HOSTILE }],
          modules: [HOSTILE],
        },
      ],
    },
    false,
  ),
  drives: [{ serial: `${HOSTILE}"`, model: "\\", before: 2, after: 3 }],
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f]/;

test("a forged record cannot control a terminal, a browser, a journal or a monitoring system", () => {
  const text = renderReport(hostile);
  expect(text.join("\n")).not.toMatch(CONTROL);
  expect(text.every((line) => line.split("\n").length <= 2)).toBe(true);
  const html = renderHtml(hostile);
  expect(html).not.toMatch(CONTROL);
  expect(html).not.toContain("<script");
  expect(html).not.toContain("<b>");
  expect(html).toContain("&lt;script&gt;");
  const journal = encodeJournal(listJournalFields(hostile));
  expect(journal).not.toMatch(CONTROL);
  for (const line of journal.trimEnd().split("\n")) expect(line).toMatch(/^[A-Z_]+=./);
  for (const line of renderMetrics(hostile).trimEnd().split("\n")) {
    expect(line).toMatch(
      /^(?:# (?:HELP|TYPE) .*|[a-z_]+(?:\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)+\})? [0-9.e+]+)$/,
    );
  }
});

test("metrics have the verdict, seconds by kind, and each drive", () => {
  const drives = [{ serial: "S1", model: "M", before: 106, after: 107 }];
  const lines = renderMetrics(report({ drives })).split("\n");
  expect(lines).toContain(
    'exitrd_shutdown_info{ending="clean",verb="reboot",version="0.2.0",image="0.2.0",signer=""} 1',
  );
  expect(lines).toContain('exitrd_shutdown_ending{ending="clean"} 1');
  expect(lines).toContain('exitrd_shutdown_ending{ending="failed"} 0');
  expect(lines).toContain("exitrd_shutdown_duration_seconds 0.15");
  expect(lines).toContain('exitrd_shutdown_step_seconds{act="umount"} 0.08');
  expect(lines).toContain("exitrd_shutdown_layers_left 0");
  expect(lines).toContain('exitrd_drive_unsafe_shutdowns_total{serial="S1",model="M"} 107');
  expect(lines).toContain('exitrd_drive_unsafe_shutdowns_raised{serial="S1",model="M"} 1');
  expect(renderMetrics(report()).endsWith("\n")).toBe(true);
});

test("the history is parsed to what was written, and a damaged file is left out", () => {
  for (const given of [report(), hostile, report({ isTorn: true })]) {
    expect(parseReport(JSON.stringify(given))).toEqual(given);
  }
  expect(parseMark(JSON.stringify(stopped))).toEqual(stopped);
  for (const text of ["", "{", "null", "[]", '{"format":2}']) {
    expect(parseReport(text)).toBeUndefined();
    expect(parseMark(text)).toBeUndefined();
  }
  expect(renderHistory([report(), report({ ending: "failed" })])).toEqual([
    "  -1  2026-11-29 03:12:44 UTC  failed, reboot in 150 ms",
    "  -2  2026-11-29 03:12:44 UTC  clean, reboot in 150 ms",
  ]);
});

test("a report of many steps has those that failed, and the longest", () => {
  const steps = Array.from({ length: 100 }, (_, number) => ({
    ...{ act: "dm remove", name: `vg-${number}`, what: "linear", startMs: number },
    ...{ tookMs: number === 90 ? 50 : 1, ...(number === 70 ? { failure: "busy" } : {}) },
  }));
  const lines = renderReport(report({ record: makeRecord(made, { ...account, steps }, true) }));
  const names = lines.flatMap((line) => /^ {2}dm remove (\S+)/.exec(line)?.[1] ?? []);
  expect(names).toHaveLength(24);
  expect(names.slice(-2)).toEqual(["vg-70", "vg-90"]);
  expect(lines.join("\n")).toContain("\n      failed: busy\n");
  expect(lines).toContain("  and 76 more steps: see --json");
});

test("a page has what is left and what to do before the steps", () => {
  const record = makeRecord(made, { ...account, left: ["/oldroot"], mounts: [mount] }, true);
  const html = renderHtml(report({ ending: "degraded", record }), "Shutdown -2");
  expect(html).toContain("<title>Shutdown -2: degraded</title>");
  const [left, advice, steps] = ["What is left", "What to do", "Steps"].map((title) =>
    html.indexOf(`<h2>${title}</h2>`),
  );
  expect(left).toBeGreaterThan(0);
  expect(advice).toBeGreaterThan(left ?? 0);
  expect(steps).toBeGreaterThan(advice ?? 0);
});

test("a drive with two controllers is one drive, and an impossible count can be stored", () => {
  const log = new Uint8Array(512).fill(0xff);
  const reader = {
    readDir: (path: string) => (path === "/sys/class/nvme" ? ["nvme0", "nvme1"] : []),
    readText: (path: string) => (path.endsWith("/transport") ? "pcie\n" : "same\n"),
  } as unknown as Reader;
  const readSmartData = (): Uint8Array => {
    throw new Error("not a disk of SATA");
  };
  const drives = readNvmeDrives(reader, { readNvmeHealth: () => log, readSmartData });
  expect(drives).toEqual([
    { name: "nvme0", serial: "same", model: "same", unsafe: Number.MAX_SAFE_INTEGER },
  ]);
  expect(parseMark(JSON.stringify({ ...mark, drives }))?.drives).toEqual(drives);
});

test.each<[string, string, readonly number[], number]>([
  ["two paths to one disk", "SN1", [7, 7], 1],
  ["two disks with one serial number", "SN1", [7, 54], 0],
  ["disks without one", "", [7, 54], 0],
  ["a disk without one", "", [7], 0],
])("the counts of %s are not mixed up", (_, serial, counts, listed) => {
  const names = ["sda", "sdb"].slice(0, counts.length);
  const reader = {
    readDir: (path: string) => (path === "/sys/block" ? names : []),
    readText: (path: string) => {
      if (path.endsWith("/vpd_pg80"))
        return `\0\x80\0${String.fromCharCode(serial.length)}${serial}`;
      return path.endsWith("/vendor") ? "ATA     \n" : "USB3.0 bridge\n";
    },
  } as unknown as Reader;
  const readSmartData = (path: string): Uint8Array => {
    const data = new Uint8Array(512);
    const count = counts[names.indexOf(path.slice("/dev/".length))] ?? 0;
    data.set([192, 0, 0, 0, 0, count], 2);
    data[511] = 256 - 192 - count;
    return data;
  };
  const readNvmeHealth = (): Uint8Array => new Uint8Array(512);
  const drives = readSataDisks(reader, { readNvmeHealth, readSmartData });
  expect(drives.map(({ name }) => name)).toEqual(names.slice(0, listed));
});

test("every ending has its words", () => {
  expect(new Set(ENDINGS.map(describeEnding)).size).toBe(ENDINGS.length);
});

test("the counts of drives are read from their logs", () => {
  const log = new Uint8Array(512);
  log.set([121, 0, 0, 0, 1], 144);
  expect(decodeNvmeHealth(log)).toBe(2 ** 32 + 121);
  const data = new Uint8Array(512);
  data.set([9, 0, 0, 1, 1, 7], 2);
  data.set([192, 0, 0, 100, 100, 106], 14);
  expect(decodeSmartData(data)).toBeUndefined();
  data[511] = (256 - (data.reduce((sum, byte) => sum + byte, 0) % 256)) % 256;
  expect(decodeSmartData(data)).toBe(106);
});

test("of steps that weigh the same, a record that is too long keeps the first ones", () => {
  const [step] = account.steps;
  if (step === undefined) throw new Error("no step");
  const failure = "Device or resource busy";
  const steps = Array.from({ length: 300 }, (_, i) => ({ ...step, name: `vg-${i}`, failure }));
  const text = stringifyRecord(makeRecord(made, { ...account, steps }, true), 100_000) ?? "";
  const kept: ShutdownRecord = JSON.parse(text);
  expect(kept.steps.map(({ name }) => name)).toEqual(steps.slice(0, 200).map(({ name }) => name));
});
