import { describe, expect, test } from "vitest";
import { parseSnapshot, stringifySnapshot } from "../../src/teardown/snapshot/snapshot-text.ts";
import { lvmOnLuks, makeMount, makeSnapshot } from "./core-builders.ts";

const snapshot = makeSnapshot([makeMount(10, 1, "253:1", "/a\u00e4\n", "ext4")], lvmOnLuks, [
  { path: "/dev/dm-2", type: "partition", sizeKib: 8, usedKib: 0, dev: "253:2" },
]);

describe("a snapshot as text", () => {
  test("is ASCII, one line per entry, and is parsed to the same", () => {
    const text = stringifySnapshot(snapshot);
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    expect(text.split("\n").filter((line) => line.startsWith("    {"))).toHaveLength(7);
    expect(parseSnapshot(text)).toEqual(snapshot);
  });

  test.each([
    ["mounts[0].target", (s: Broken) => delete s.mounts[0].target],
    ["devices[0].dm.name", (s: Broken) => Object.assign(s.devices[0].dm, { name: 3 })],
    [
      "devices[0].dm.targets[0].length",
      (s: Broken) => Object.assign(s.devices[0].dm.targets[0], { length: -1 }),
    ],
    ["devices[1].dev", (s: Broken) => Object.assign(s.devices[1], { dev: "253" })],
    ["devices[1].dev", (s: Broken) => Object.assign(s.devices[1], { dev: s.devices[0].dev })],
    ["swaps[0].type", (s: Broken) => Object.assign(s.swaps[0], { type: "zram" })],
    ["mounts", (s: Broken) => Object.assign(s, { mounts: {} })],
    ["kernel", (s: Broken) => Object.assign(s, { kernel: "\u0416" })],
    ["format", (s: Broken) => Object.assign(s, { format: 2 })],
  ])("that is invalid is refused with the field's name: %s", (path, damage) => {
    const broken = JSON.parse(stringifySnapshot(snapshot));
    damage(broken);
    expect(() => parseSnapshot(JSON.stringify(broken))).toThrow(`${path}:`);
  });

  test.each(["", "{", "[]", "null", "3"])("%j is not a snapshot", (text) => {
    expect(() => parseSnapshot(text)).toThrow();
  });
});

// biome-ignore lint/suspicious/noExplicitAny: it is damaged in any way
type Broken = any;
