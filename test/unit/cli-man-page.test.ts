import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { nameOption } from "../../src/cli/render-help.ts";
import { CONF_KEYS } from "../../src/image/build-conf.ts";
import { STEP_NAMES, type Step, stepKindOf } from "../../src/kinds/kinds.ts";
import { MANUAL } from "../../src/teardown/settings/manual.ts";
import { SETTING_NAMES, SETTINGS } from "../../src/teardown/settings/settings.ts";
import { DEFAULT_HOOK_TIMEOUT_MS } from "../../src/teardown/settings/values.ts";
import { bundle } from "../../tools/bundle.ts";
import { renderManual } from "../../tools/render-manual.ts";

const source = readPage("exitrd.8");
const settings = SETTING_NAMES.map((name) => SETTINGS[name]);

function readPage(name: string): string {
  return readFileSync(join(import.meta.dirname, `../../man/${name}.scd`), "utf8");
}

function joinLines(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

/** The part of the page about one command, without its markup. */
function readSection(name: string): string {
  const start = source.indexOf(`\n*${name}*`);
  const rest = source.slice(start + 1);
  const end = rest.search(/\n[*#E]/);
  return start < 0 ? "" : rest.slice(0, end < 0 ? undefined : end).replaceAll(/[*_]/g, "");
}

test.each(commands.map((command) => [command.name, command] as const))(
  "the page has all of %s's help",
  (name, command) => {
    const section = readSection(name);
    expect(section).toContain(command.operand ?? name);
    for (const option of command.options) {
      expect(section.split("\n")[0]).toContain(`[${nameOption(option)}]`);
      expect(section).toContain(`\n\t${nameOption(option)}\n\t\t`);
    }
  },
);

test("the page has no command or option that does not exist", () => {
  const known = commands.flatMap(({ options }) => options.map(({ name }) => name));
  const named = source.replaceAll(/[*_]/g, "").match(/--[a-z]+(?:-[a-z]+)*/g) ?? [];
  expect(
    named.filter((name) => ![...known, "--help", "--json", "--version"].includes(name)),
  ).toEqual([]);
  const part = source.slice(source.indexOf("# COMMANDS"), source.indexOf("# EXIT STATUS"));
  const names = part.match(/^\*[a-z]+\*/gm)?.map((name) => name.slice(1, -1));
  expect(names).toEqual(commands.map(({ name }) => name));
});

test("exitrd.conf(5) is what 'tsx tools/manual.ts' writes", () => {
  const page = readPage("exitrd.conf.5");
  expect(renderManual(page)).toBe(page);
});

test.each(["cli", "pid1"])("%s does not contain the texts of the manual", async (program) => {
  const text = await bundle(`src/${program}/main.ts`, {});
  expect(text).not.toContain("settings/manual.ts");
});

/** The default limits that the text of StepTimeout= lists, by kind, in milliseconds. */
function readLimits(): ReadonlyMap<string, number> {
  const items = [...MANUAL.stepLimits.matchAll(/^- (\d+) s: (.*(?:\n {2}.*)*)/gm)];
  return new Map(
    items.flatMap(([, seconds, kinds = ""]) =>
      [...kinds.matchAll(/\*([a-z-]+)\*/g)].map(([, kind = ""]) => [kind, Number(seconds) * 1000]),
    ),
  );
}

/** A step with the fields that limits depend on, and no others. */
function makeStep(kind: Step["kind"], fields: object = {}): Step {
  const usual = { served: false, lazy: false, messages: [] };
  return { kind, ...usual, ...fields } as unknown as Step;
}

function limitOf(step: Step): number {
  return stepKindOf(step).limitMs(step);
}

describe("StepTimeout=", () => {
  test("lists every kind of step with its default limit, and no other", () => {
    const limits = STEP_NAMES.map((kind) => [kind, limitOf(makeStep(kind))] as const);
    expect(readLimits()).toEqual(new Map(limits));
  });

  test.each<[string, Step]>([
    ["network and FUSE file systems\n(", makeStep("umount", { served: true })],
    ["lazy unmounts (", makeStep("umount", { lazy: true })],
    ["*dm-remove* has ", makeStep("dm-remove", { messages: ["flush"] })],
  ])("has the other limit of %s", (words, step) => {
    expect(MANUAL.stepLimits).toContain(`${words}${limitOf(step) / 1000} s`);
  });
});

test("HookTimeout= has the default limit", () => {
  expect(MANUAL.hookTimeoutMs).toContain(`; ${DEFAULT_HOOK_TIMEOUT_MS / 1000} s by default`);
});

test("both pages say what an invalid value is read as", () => {
  for (const name of SETTING_NAMES) {
    const { strictest, parameter } = SETTINGS[name];
    const word = strictest === true ? "yes" : strictest;
    const words = `An invalid value is read as *${word}*.`;
    expect(joinLines(MANUAL[name]).includes(words)).toBe(strictest !== undefined);
    if (strictest === undefined || parameter === undefined) continue;
    const part = source.slice(source.indexOf(`\n*${parameter}=*`));
    expect(joinLines(part.slice(0, part.indexOf("\n\n")))).toContain(words);
  }
});

test("exitrd-build.conf(5) is also found by the name of its file", () => {
  // man(1) finds a page by each name in its first line.
  expect(readPage("exitrd-build.conf.5")).toMatch(/^# NAME\n\nexitrd-build\.conf, build\.conf - /m);
});

test("exitrd-build.conf(5) has every key, and no other key", () => {
  const page = readPage("exitrd-build.conf.5");
  const options = page.slice(page.indexOf("# OPTIONS"), page.indexOf("# EXAMPLES"));
  expect(options.match(/^_[A-Za-z]+=_$/gm)).toEqual(CONF_KEYS.map((key) => `_${key}=_`));
});

test("exitrd(8) has every parameter of the kernel command line with its key, and no other", () => {
  const part = source.slice(source.indexOf("# KERNEL COMMAND LINE"), source.indexOf("# HOOKS"));
  const set = settings.flatMap(({ key, parameter }) => (parameter ? [{ key, parameter }] : []));
  for (const { key } of set) expect(part).toContain(`_${key}=_`);
  const named = new Set(part.match(/\*exitrd(?:\.[a-z_]+)?=(?:off)?\*/g));
  const known = [...set.map(({ parameter }) => parameter), "exitrd.break"];
  const names = known.map((parameter) => `*${parameter}=*`);
  expect(named).toEqual(new Set(["*exitrd=off*", ...names]));
});

test.each(["exitrd.8", "exitrd.conf.5", "exitrd-build.conf.5", "exitrd-json.7"])(
  "mandoc finds nothing in %s except what scdoc always causes",
  (name) => {
    const page = execFileSync("scdoc", { input: readPage(name) });
    const lint = spawnSync("mandoc", ["-T", "lint"], { input: page, encoding: "utf8" });
    const habits =
      /skipping paragraph macro|lower case character in document title|longer than 80 bytes/;
    const lines = lint.stdout.split("\n").filter((line) => line !== "" && !habits.test(line));
    expect(lines).toEqual([]);
  },
);
