import { describe, expect, test } from "vitest";
import { configLine, parameterLine } from "../../src/teardown/report/config-lines.ts";
import { parseConfig } from "../../src/teardown/settings/parse-config.ts";
import { parseParameters } from "../../src/teardown/settings/parse-parameters.ts";
import { stringifySettings } from "../../src/teardown/settings/stringify-settings.ts";
import { LONGEST_CONFIG } from "../../src/text/config-text.ts";

function parse(...texts: readonly string[]) {
  const { settings, notes } = parseAll(texts);
  return { settings, notes };
}

function parseAll(texts: readonly string[]) {
  return parseConfig(texts.map((text, index) => ({ path: `/${index}.conf`, text })));
}

test("the position of the effective assignment is kept", () => {
  const { origins } = parseAll(["[Exitrd]\nWipe=yes\nTimeout=5s\n", "[Exitrd]\nTimeout=9s\n"]);
  expect(origins).toEqual(
    new Map([
      ["wipe", { path: "/0.conf", line: 2 }],
      ["timeoutMs", { path: "/1.conf", line: 2 }],
    ]),
  );
  // Wrong lines are ignored, unless they make a setting the strictest.
  const wrong = parseAll(["[Exitrd]\nTimeout=x\nVerify=x\n"]);
  expect([...wrong.origins.keys()]).toEqual(["verify"]);
});

test("every key is parsed", () => {
  const text = `
[Exitrd]
Timeout=2min 30s
StepTimeout=umount:60s dm-remove:20s
HookTimeout = 5
LogLevel=debug
ZFS=release
SysRq=yes
Wipe=yes
Watchdog=1min
HaltWatchdog=keep
Measure=require
ImagePCR=8
ExtensionPCR=15
`;
  expect(parse(text)).toEqual({
    settings: {
      timeoutMs: 150_000,
      stepLimits: new Map([
        ["umount", 60_000],
        ["dm-remove", 20_000],
      ]),
      hookTimeoutMs: 5_000,
      logLevel: 7,
      zfs: "release",
      sysRq: true,
      wipe: true,
      watchdog: 60_000,
      haltWatchdog: "keep",
      measure: "require",
      imagePcr: 8,
      extensionPcr: 15,
    },
    notes: [],
  });
});

describe("the syntax is systemd's", () => {
  test("comments and blank lines are ignored, also inside a continued line", () => {
    const text =
      "# one\n ; two\n[Exitrd]\n\nStepTimeout=umount:60s \\\n# between\n  swapoff:5s\nTimeout=5s\n";
    expect(parse(text).settings).toEqual({
      timeoutMs: 5_000,
      stepLimits: new Map([
        ["umount", 60_000],
        ["swapoff", 5_000],
      ]),
    });
  });

  test("a continued line at the end of the file is a line", () => {
    expect(parse("[Exitrd]\nTimeout=5s\\").settings).toEqual({ timeoutMs: 5_000 });
  });

  test("the last assignment in any file is used, and lists accumulate", () => {
    const { settings } = parse(
      "[Exitrd]\nTimeout=5s\nTimeout=6s\nStepTimeout=umount:5s swapoff:5s\n",
      "[Exitrd]\nTimeout=7s\nStepTimeout=umount:9s\n",
    );
    expect(settings.timeoutMs).toBe(7_000);
    expect([...(settings.stepLimits ?? [])]).toEqual([
      ["umount", 9_000],
      ["swapoff", 5_000],
    ]);
  });

  test("an empty assignment resets", () => {
    expect(
      parse("[Exitrd]\nTimeout=5s\nStepTimeout=umount:5s\n", "[Exitrd]\nTimeout=\nStepTimeout=\n"),
    ).toEqual({ settings: {}, notes: [] });
  });

  test("lines may end in CR LF", () => {
    expect(parse("[Exitrd]\r\nTimeout=5s\r\n")).toEqual({
      settings: { timeoutMs: 5_000 },
      notes: [],
    });
  });
});

test("every error is reported with its file and line, and the rest is used", () => {
  const text = [
    "Timeout=9s",
    "[Exitrd]",
    "Timeout=soon",
    "Timout=5s",
    "Timeout",
    "HookTimeout=5s",
    "[Manager]",
    "Timeout=8s",
    "[Exitrd]",
    "StepTimeout=umount:60s \\",
    "  unmount:20s",
  ].join("\n");
  const { settings, notes } = parse(text);
  expect(settings).toEqual({ hookTimeoutMs: 5_000 });
  expect(notes.map(configLine)).toEqual([
    "/0.conf:1: 'Timeout' is assigned outside of [Exitrd], ignoring",
    "/0.conf:3: cannot read Timeout='soon': expected a time span from 1 s to 1 day, ignoring",
    "/0.conf:4: unknown key 'Timout' (did you mean 'Timeout'?), ignoring",
    "/0.conf:5: no '=' in 'Timeout', ignoring",
    "/0.conf:7: unknown section '[Manager]', expected [Exitrd], ignoring",
    "/0.conf:10: cannot read StepTimeout='umount:60s  unmount:20s': unknown kind of step 'unmount' (did you mean 'umount'?), ignoring",
  ]);
});

test.each([
  ["Timeout", "timeoutMs", ["0", "infinity", "-5s", "999ms", "2d", "5s x", "1e3", "NaN"]],
  [
    "StepTimeout",
    "stepLimits",
    ["umount", "umount:", ":5s", "umount:0", "toString:5s", "umount=5s"],
  ],
  ["LogLevel", "logLevel", ["8", "loud", "-1", "6x"]],
  ["ZFS", "zfs", ["exporting", "no"]],
  ["SysRq", "sysRq", ["maybe", "2"]],
  ["Watchdog", "watchdog", ["yes", "on"]],
  ["HaltWatchdog", "haltWatchdog", ["off", "yes"]],
] as const)("wrong values of %s leave the default", (key, name, values) => {
  for (const value of values) {
    const { settings, notes } = parse(`[Exitrd]\n${key}=${value}\n`);
    expect([value, settings]).toEqual([value, {}]);
    expect(notes).toEqual([
      { path: "/0.conf", line: 2, problem: { kind: "wrong-value", name, value } },
    ]);
  }
});

test.each(["all", "-1", "perhaps"])("Wipe=%s does not leave secrets in memory", (value) => {
  const { settings, notes } = parse(`[Exitrd]\nWipe=${value}\n`);
  expect(settings).toEqual({ wipe: true });
  expect(notes.map(configLine)).toEqual([
    `/0.conf:2: cannot read Wipe='${value}': expected yes or no, using yes`,
  ]);
});

test("an invalid value does not replace an earlier valid one", () => {
  expect(parse("[Exitrd]\nTimeout=5s\nTimeout=x\n").settings).toEqual({ timeoutMs: 5_000 });
});

test("a file that is too long is not read, and sets the strictest values", () => {
  const { settings, notes } = parse(
    `[Exitrd]\nTimeout=5s\n${"#".repeat(LONGEST_CONFIG)}`,
    "[Exitrd]\nVerify=off\n",
  );
  const strictest = { wipe: true, verify: "require", measure: "require", seal: "verity" };
  expect(settings).toEqual(strictest);
  expect(notes.map(configLine)).toEqual([
    "/0.conf: longer than 64 KiB, using Wipe=yes, Verify=require, Measure=require, Seal=verity",
  ]);
});

test("equal settings are written as equal text", () => {
  const { settings } = parse(
    "[Exitrd]\nHaltWatchdog=keep\nSysRq=off\nWipe=1\nTimeout=1min\nWatchdog=off\nStepTimeout=umount:5s dm-remove:1500ms\n",
  );
  const text = stringifySettings(settings);
  expect(text).toBe(
    "# Written by 'exitrd load'.\n[Exitrd]\nTimeout=60000ms\nStepTimeout=dm-remove:1500ms umount:5000ms\nSysRq=no\nWipe=yes\nWatchdog=off\nHaltWatchdog=keep\n",
  );
  expect(parse(text)).toEqual({ settings, notes: [] });
});

describe("the kernel command line", () => {
  test("sets the keys that it names; the last one is used", () => {
    const line =
      'quiet exitrd.timeout=30s exitrd.log_level=warning exitrd.zfs=leave exitrd.sysrq=1 exitrd.wipe=yes exitrd.watchdog="2 min" exitrd.break=after-umount exitrd.timeout=40';
    expect(parseParameters(line)).toEqual({
      settings: {
        timeoutMs: 40_000,
        logLevel: 4,
        zfs: "leave",
        sysRq: true,
        wipe: true,
        watchdog: 120_000,
      },
      breakAt: "after-umount",
      notes: [],
    });
  });

  test("reports invalid values, and ignores parameters of other programs", () => {
    const line =
      "exitrd.timeout=soon exitrd.sysrq exitrd.break exitrd.break=mount exitrd.fault=loop timeout=5 exitrd.zfs=";
    const { notes, ...parameters } = parseParameters(line);
    expect(parameters).toEqual({ settings: {} });
    const stages = "expected before-umount, after-umount or before-verb, ignoring";
    expect(notes.map(parameterLine)).toEqual([
      "/proc/cmdline: cannot read 'exitrd.timeout=soon': expected a time span from 1 s to 1 day, ignoring",
      "/proc/cmdline: cannot read 'exitrd.sysrq': expected yes or no, ignoring",
      `/proc/cmdline: cannot read 'exitrd.break': ${stages}`,
      `/proc/cmdline: cannot read 'exitrd.break=mount': ${stages}`,
    ]);
  });
});

test("a file full of errors has twenty notes, and one with the number of the others", () => {
  const { notes, settings } = parse(`[Exitrd]\n${"x\n".repeat(300)}Verify=requrie\n`);
  expect(settings).toEqual({ verify: "require" });
  expect(notes).toHaveLength(21);
  expect(notes.slice(-2).map(configLine)).toEqual([
    "/0.conf:21: no '=' in 'x', ignoring",
    "/0.conf: 281 more lines have such problems, ignoring",
  ]);
});
