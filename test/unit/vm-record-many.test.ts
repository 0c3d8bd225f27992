import { expect, test } from "vitest";
import { CLEAN_BOOTS, judgeMany, type ManyFinding } from "../vm/record/run-many.ts";

const run: ManyFinding["run"] = {
  ...{ ending: "poweroff", seconds: 1, console: [], output: "", folder: "" },
};
const good: ManyFinding = {
  run,
  ends: { off: [20, 30, 400], esp: [60, 70, 80], partition: [50], efivar: [30] },
  cleanCount: CLEAN_BOOTS,
  isWritten: false,
  isWrittenAtLast: true,
};

test("a store may take 50 ms more than none, by the median", () => {
  expect(judgeMany(good)).toEqual([]);
  const slow = { ...good, ends: { ...good.ends, esp: [10, 90, 95] } };
  expect(judgeMany(slow)).toEqual(["the record in 'esp' took 60 ms"]);
  const never = { ...good, ends: { ...good.ends, partition: [] } };
  expect(judgeMany(never)).toEqual(["the record in 'partition' took NaN ms"]);
});

test("a clean shutdown must not write to the flash, and one that is not clean must", () => {
  expect(judgeMany({ ...good, isWritten: true, isWrittenAtLast: false })).toEqual([
    "a clean shutdown wrote to the firmware's flash",
    "the last shutdown wrote no variable",
  ]);
  expect(judgeMany({ ...good, cleanCount: 7 })).toEqual(["7 shutdowns were clean"]);
});
