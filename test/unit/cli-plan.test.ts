import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { lvmOnLuks, makeMount, makeSnapshot } from "./core-builders.ts";

const snapshot = makeSnapshot([makeMount(20, 1, "253:1", "/srv", "ext4")], lvmOnLuks);
const csi = "\u001b[";

function makeHost(width?: number, environment: Readonly<Record<string, string>> = {}): FakeHost {
  const host = new FakeHost();
  host.observe = () => snapshot;
  host.width = width;
  for (const [name, value] of Object.entries(environment)) host.environment.set(name, value);
  return host;
}

describe("a plan goes", () => {
  test("into a pipe without colors and without a pager", () => {
    const host = makeHost();
    expect(run(["plan"], host)).toBe(0);
    expect(host.printed).toMatch(
      /^All storage will be released\.\n\nSteps, at most 2 in parallel:\n/,
    );
    expect(host.printed).not.toContain(csi);
    expect(host.paged).toEqual([]);
  });

  test("to a terminal in colors, through less", () => {
    const host = makeHost(80);
    run(["plan"], host);
    expect(host.printed).toBe("");
    expect(host.paged).toEqual([
      { pager: ["less"], text: expect.stringContaining(`${csi}1;32mAll storage`) },
    ]);
  });

  test.each([
    ["--no-pager", {}],
    ["--no-pager --tree", {}],
    ["", { SYSTEMD_PAGER: "" }],
    ["", { SYSTEMD_PAGER: "cat", PAGER: "more" }],
  ])("to a terminal without a pager: %s %j", (options, environment) => {
    const host = makeHost(80, environment);
    run(["plan", ...options.split(" ").filter(Boolean)], host);
    expect(host.paged).toEqual([]);
    expect(host.printed).toContain(csi);
  });

  test("to a terminal if the pager does not exist", () => {
    const host = makeHost(80, { PAGER: "more -d" });
    host.hasPager = false;
    run(["plan"], host);
    expect(host.printed).toContain("All storage");
  });

  test.each([
    [80, { NO_COLOR: "1" }, false],
    [80, { TERM: "dumb" }, false],
    [80, { SYSTEMD_COLORS: "0" }, false],
    [undefined, { SYSTEMD_COLORS: "1" }, true],
    [undefined, { SYSTEMD_COLORS: "256", NO_COLOR: "1" }, true],
  ])("width %s, with %j: in colors %s", (width, environment, isColored) => {
    const host = makeHost(width, environment);
    run(["plan", "--no-pager"], host);
    expect(host.printed.includes(csi)).toBe(isColored);
  });
});

test("the forms of a plan exclude each other", () => {
  const host = makeHost();
  expect(run(["plan", "--tree", "--dot"], host)).toBe(2);
  expect(host.said).toEqual([
    "exitrd: cannot plan: --tree and --dot exclude each other: give one of them",
  ]);
});

test("a name cannot control the terminal", () => {
  const host = makeHost();
  const name = "/srv/\u001b[2J\n";
  host.observe = () => makeSnapshot([makeMount(20, 1, "253:1", name, "ext4")], lvmOnLuks);
  for (const form of [[], ["--tree"]]) {
    host.printed = "";
    run(["plan", ...form], host);
    expect(host.printed).not.toContain("\u001b");
    expect(host.printed).toContain("/srv/\\x1b[2J\\n");
  }
});
