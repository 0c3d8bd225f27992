import { expect, test } from "vitest";
import type { Group } from "../vm/zoo/group.ts";
import { judgeGroup } from "../vm/zoo/judge.ts";
import type { Row } from "../vm/zoo/row.ts";
import { wellRow } from "../vm/zoo/rows/plain.ts";

const mute: Row = {
  name: "mute",
  build: "",
  inspect: "",
  expectedLeft: "its disk does not answer",
  failing: /zoo-mute/,
};
const group: Group = { name: "fault", rows: [wellRow, mute], isControl: false };

/**
 * Judges a machine whose console shows these lines, with their times in seconds after the pivot.
 */
function judge(lines: readonly (readonly [at: number, text: string])[], seconds = 60) {
  const console = [
    { at: 10, text: "zoo: pivot" },
    ...lines.map(([at, text]) => ({ at: 10 + at, text })),
  ];
  const zoo = {
    ending: "poweroff",
    seconds: 10 + seconds,
    console,
    output: "",
    folder: "",
  } as const;
  return judgeGroup(group, { zoo, inspector: { ...zoo, output: "good well\ngood mute\n" } });
}

const released = "exitrd:   1.234 s  dm remove 'zoo-well'";

test("next to a fault, healthy storage is released soon", () => {
  expect(judge([[2, released]])).toEqual([]);
  expect(judge([[31, released]])).toEqual([
    `'well': "dm remove 'zoo-well'" came 31.0 s after the pivot`,
  ]);
  expect(judge([])).toEqual([`'well': the console does not show "dm remove 'zoo-well'"`]);
});

test("only the steps that a row breaks may fail", () => {
  const own = "exitrd: cannot remove 'zoo-mute': no answer within 20.0 s";
  const other = "exitrd: cannot remove 'zoo-well': Device or resource busy";
  expect(
    judge([
      [2, released],
      [20, own],
    ]),
  ).toEqual([]);
  expect(
    judge([
      [2, released],
      [3, other],
    ]),
  ).toEqual([other]);
});

test("a machine that ends late is too late", () => {
  expect(judge([[2, released]], 96)).toEqual(["it took 96 s from the pivot to the end"]);
});
