import fc from "fast-check";
import { expect, test } from "vitest";
import { beginSurvey, endSurvey, recordAnswers, splitOpen } from "../../src/observe/survey.ts";

const answers = (...pools: readonly string[]): readonly object[] => pools.map((pool) => ({ pool }));

test("a child that answers everything leaves no question open", () => {
  const survey = recordAnswers(beginSurvey(2), [0, 1], answers("a", "b"));
  expect(survey).toEqual({
    answers: new Map([
      [0, { pool: "a" }],
      [1, { pool: "b" }],
    ]),
    mute: new Set(),
    open: [],
  });
});

test("the first question without an answer of a stuck child is mute, the rest stay open", () => {
  const survey = recordAnswers(beginSurvey(5), [0, 2, 3, 4], answers("a"));
  expect([...survey.answers.keys()]).toEqual([0]);
  expect([...survey.mute]).toEqual([2]);
  expect(survey.open).toEqual([1, 3, 4]);
  expect([...endSurvey(survey).mute]).toEqual([2, 1, 3, 4]);
});

test("open questions are distributed, neighbors to different children", () => {
  const split = (count: number, most: number) => splitOpen(beginSurvey(count).open, most);
  expect(split(5, 2)).toEqual([
    [0, 2, 4],
    [1, 3],
  ]);
  expect(split(2, 16)).toEqual([[0], [1]]);
  expect(split(0, 16)).toEqual([]);
});

test("every question ends as answered or mute, and only dead devices are mute", () => {
  const counts = fc.record({ count: fc.nat(60), most: fc.integer({ min: 1, max: 16 }) });
  fc.assert(
    fc.property(counts, fc.array(fc.nat(60)), ({ count, most }, list) => {
      const dead = new Set(list.filter((index) => index < count));
      let survey = beginSurvey(count);
      let rounds = 0;
      for (; survey.open.length > 0; rounds += 1) {
        for (const shard of splitOpen(survey.open, most)) {
          const stuck = shard.findIndex((index) => dead.has(index));
          const answered = stuck < 0 ? shard : shard.slice(0, stuck);
          survey = recordAnswers(
            survey,
            shard,
            answered.map(() => ({})),
          );
        }
      }
      expect(survey.mute).toEqual(dead);
      expect(survey.answers.size).toBe(count - dead.size);
      expect(rounds).toBeLessThanOrEqual(dead.size + 1);
    }),
  );
});
