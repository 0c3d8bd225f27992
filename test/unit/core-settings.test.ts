import { describe, expect, test } from "vitest";
import { configLine, parameterLine } from "../../src/teardown/report/config-lines.ts";
import { parseConfig } from "../../src/teardown/settings/parse-config.ts";
import { parseParameters } from "../../src/teardown/settings/parse-parameters.ts";
import type { SettingName } from "../../src/teardown/settings/setting.ts";
import { SETTING_NAMES, SETTINGS } from "../../src/teardown/settings/settings.ts";
import { stringifySettings } from "../../src/teardown/settings/stringify-settings.ts";
import type { Settings } from "../../src/teardown/settings/values.ts";

/** Values that must survive being written and read; all values of keys that take words. */
const values: { readonly [K in SettingName]: readonly NonNullable<Settings[K]>[] } = {
  timeoutMs: [1_000, 1_001, 86_400_000],
  stepLimits: [
    new Map([
      ["umount", 60_000],
      ["bcache-set-stop", 1_500],
    ]),
  ],
  hookTimeoutMs: [1_000, 90_000],
  logLevel: [0, 7],
  zfs: ["export", "release", "leave"],
  sysRq: [true, false],
  wipe: [true, false],
  watchdog: ["off", 60_000],
  haltWatchdog: ["disarm", "keep"],
  record: [
    [],
    ["partition", "esp", "boot", "root", "efivar"],
    ["boot"],
    ["boot", "ipmi"],
    ["ipmi"],
  ],
  verify: ["require", "prefer", "off"],
  measure: ["require", "prefer", "off"],
  seal: ["no", "verity"],
  enter: ["pivot", "early"],
  imagePcr: [8, 15],
  extensionPcr: [9, 10],
};

function parse(text: string) {
  const { settings, notes } = parseConfig([{ path: "/x.conf", text: `[Exitrd]\n${text}\n` }]);
  return { settings, notes };
}

test("a byte order mark is skipped", () => {
  const text = "\xef\xbb\xbf[Exitrd]\nTimeout=30s\n";
  const { settings, notes } = parseConfig([{ path: "/x.conf", text }]);
  expect({ settings, notes }).toEqual({ settings: { timeoutMs: 30_000 }, notes: [] });
});

describe.each(SETTING_NAMES)("%s", (name) => {
  const { key, wanted } = SETTINGS[name];

  test("every value is parsed to the same after it was written", () => {
    for (const value of values[name]) {
      const settings: Settings = { [name]: value };
      const text = stringifySettings(settings);
      expect(text).toContain(`\n${key}=`);
      const again = parseConfig([{ path: "", text }]);
      expect([again.settings, again.notes]).toEqual([settings, []]);
    }
  });

  test("a wrong value is reported with what the key takes", () => {
    const { notes } = parse(`${key}=maybe`);
    const line = `/x.conf:2: cannot read ${key}='maybe': expected ${wanted}, `;
    expect(notes.map(configLine)).toEqual([expect.stringContaining(line)]);
    expect(wanted).toMatch(/^[a-zA-Z0-9].* /);
  });

  test("has a unique name, spelled as in the man page", () => {
    expect(parse(`${key.toLowerCase()}=`).notes).toMatchObject([
      { problem: { kind: "unknown-key", key: key.toLowerCase() } },
    ]);
    const same = SETTING_NAMES.filter((each) => SETTINGS[each].key === key);
    expect(same).toEqual([name]);
  });
});

test("Record=auto is all stores but the BMC, which may be added", () => {
  const auto = ["partition", "esp", "boot", "root", "pstore", "efivar"];
  expect(parse("Record=auto").settings.record).toEqual(auto);
  expect(parse("Record=ipmi auto").settings.record).toEqual([...auto, "ipmi"]);
  expect(parse("Record=ipmi").settings.record).toEqual(["ipmi"]);
  expect(parse("Record=off ipmi").settings.record).toBeUndefined();
});

test("Seal=maybe is reported with the words that it takes", () => {
  expect(parse("Seal=maybe").notes.map(configLine)).toEqual([
    "/x.conf:2: cannot read Seal='maybe': expected no or verity, using verity",
  ]);
});

test("no two keys have the same parameter on the kernel command line", () => {
  const parameters = SETTING_NAMES.flatMap((name) => SETTINGS[name].parameter ?? []);
  expect(new Set(parameters).size).toBe(parameters.length);
  for (const parameter of parameters) expect(parameter).toMatch(/^exitrd\.[a-z_]+$/);
});

test("a word is the same in upper and lower case", () => {
  const text = "LogLevel=Debug\nZFS=EXPORT\nSysRq=Yes\nWatchdog=Off\nHaltWatchdog=Keep";
  expect(parse(`${text}\nVerify=Require\nMeasure=OFF\nSeal=Verity`)).toEqual({
    settings: {
      ...{ logLevel: 7, zfs: "export", sysRq: true, watchdog: "off", haltWatchdog: "keep" },
      ...{ verify: "require", measure: "off", seal: "verity" },
    },
    notes: [],
  });
  expect(parseParameters("exitrd.verify=Off exitrd.break=After-Umount")).toEqual({
    ...{ settings: { verify: "off" }, breakAt: "after-umount", notes: [] },
  });
});

describe("an invalid value of a setting that decides whether an image is loaded", () => {
  test("becomes the strictest value, whatever was set before", () => {
    const { settings, notes } = parse(
      "Verify=off\nVerify=of\nMeasure=prefer\nMeasure=yes\nSeal=no\nSeal=true",
    );
    expect(settings).toEqual({ verify: "require", measure: "require", seal: "verity" });
    expect(notes.map(configLine)).toEqual([
      "/x.conf:3: cannot read Verify='of': expected require, prefer or off, using require",
      "/x.conf:5: cannot read Measure='yes': expected require, prefer or off, using require",
      "/x.conf:7: cannot read Seal='true': expected no or verity, using verity",
    ]);
  });

  test("is overridden by a later valid one, and an empty one resets it", () => {
    expect(parse("Verify=of\nVerify=prefer\nSeal=true\nSeal=").settings).toEqual({
      verify: "prefer",
    });
  });

  test.each([
    ...["Verify=required", "Verify=yes", 'Verify="require"', "Verify=require # really"],
    ...["Measure=required", "Measure=on", "Seal=veritas", "Seal=yes"],
  ])("%s is wrong", (line) => {
    const key = line.replace(/=.*/, "");
    const strictest = key === "Seal" ? "verity" : "require";
    const { settings } = parse(`${key}=${strictest}`);
    expect(parse(`${key}=off\n${key}=no\n${line}`).settings).toEqual(settings);
  });

  test.each(["exitrd.verify=of", "exitrd.verify=", "exitrd.verify", 'exitrd.verify="off "'])(
    "%s requires a signature",
    (word) => {
      const { settings, notes } = parseParameters(`quiet exitrd.verify=off ${word}`);
      expect(settings).toEqual({ verify: "require" });
      expect(notes.map(parameterLine)).toEqual([
        `/proc/cmdline: cannot read '${word.replaceAll('"', "")}': expected require, prefer or off, using require`,
      ]);
      expect(parseParameters(`${word} exitrd.verify=Off`).settings).toEqual({ verify: "off" });
    },
  );
});
