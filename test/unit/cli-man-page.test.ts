import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { nameOption } from "../../src/cli/render-help.ts";
import { BUILD_KEYS } from "../../src/image/build-conf.ts";
import { STEP_NAMES } from "../../src/kinds/kinds.ts";
import { SETTING_NAMES, SETTINGS } from "../../src/teardown/settings/settings.ts";

const source = readPage("exitrd.8");
const settings = SETTING_NAMES.map((name) => SETTINGS[name]);

function readPage(name: string): string {
  return readFileSync(join(import.meta.dirname, `../../man/${name}.scd`), "utf8");
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

test("the page has no command and no option that is not there", () => {
  const known = commands.flatMap(({ options }) => options.map(({ name }) => name));
  const named = source.replaceAll(/[*_]/g, "").match(/--[a-z]+(?:-[a-z]+)*/g) ?? [];
  expect(named.filter((name) => ![...known, "--help", "--version"].includes(name))).toEqual([]);
  const part = source.slice(source.indexOf("# COMMANDS"), source.indexOf("# EXIT STATUS"));
  const names = part.match(/^\*[a-z]+\*/gm)?.map((name) => name.slice(1, -1));
  expect(names).toEqual(commands.map(({ name }) => name));
});

/** The part of exitrd.conf(5) about one key. */
function renderSetting({ key, manual, byDefault }: (typeof settings)[number]): string {
  const text = `${manual.trim()}\n\nDefaults to ${byDefault}.`;
  const indented = text.split("\n").map((line) => (line === "" ? "" : `\t${line}`));
  return [`_${key}=_`, ...indented, "", ""].join("\n");
}

test("the options of exitrd.conf(5) are what the table of settings says, in its order", () => {
  const page = readPage("exitrd.conf.5");
  const options = page.slice(page.indexOf("# OPTIONS"), page.indexOf("# EXAMPLES"));
  expect(options).toBe(`# OPTIONS\n\n${settings.map(renderSetting).join("")}`);
});

test("StepTimeout= lists every kind of step", () => {
  for (const kind of STEP_NAMES) expect(SETTINGS.stepLimits.manual).toContain(`*${kind}*`);
});

test("exitrd-build.conf(5) has every key, and no other key", () => {
  const page = readPage("exitrd-build.conf.5");
  const options = page.slice(page.indexOf("# OPTIONS"), page.indexOf("# EXAMPLES"));
  expect(options.match(/^_[A-Za-z]+=_$/gm)).toEqual(
    [...BUILD_KEYS.keys()].map((key) => `_${key}=_`),
  );
});

test("exitrd(8) has every parameter of the kernel command line with its key, and no other", () => {
  const part = source.slice(source.indexOf("# KERNEL COMMAND LINE"), source.indexOf("# HOOKS"));
  const set = settings.flatMap(({ key, parameter }) => (parameter ? [{ key, parameter }] : []));
  for (const { key } of set) expect(part).toContain(`_${key}=_`);
  const named = new Set(part.match(/\*exitrd\.[a-z_]+=\*/g));
  const known = [...set.map(({ parameter }) => parameter), "exitrd.break"];
  expect(named).toEqual(new Set(known.map((parameter) => `*${parameter}=*`)));
});

test.each(["exitrd.8", "exitrd.conf.5", "exitrd-build.conf.5"])(
  "mandoc finds nothing in %s but what scdoc always writes",
  (name) => {
    const page = execFileSync("scdoc", { input: readPage(name) });
    const lint = spawnSync("mandoc", ["-T", "lint"], { input: page, encoding: "utf8" });
    const habits =
      /skipping paragraph macro|lower case character in document title|longer than 80 bytes/;
    const lines = lint.stdout.split("\n").filter((line) => line !== "" && !habits.test(line));
    expect(lines).toEqual([]);
  },
);
