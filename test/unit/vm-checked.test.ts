import { expect, test } from "vitest";
import { judgeChecked } from "../vm/checked.ts";

const bare =
  "the next shutdown does not go through exitrd: nothing is loaded: the image cannot be read";
const wireless = "the root needs 'wlan0', which goes down first";

function print(...whats: readonly string[]): string {
  const findings = whats.map((what) => ({ kind: "some", what }));
  return `built\ncheck ${JSON.stringify({ result: { findings } })}\n`;
}

test("what a machine with nothing installed must show is no false finding", () => {
  expect(judgeChecked(print(bare), [])).toEqual([]);
});

test("a finding without a cause is false", () => {
  expect(judgeChecked(print(bare, wireless), [])).toEqual([`'exitrd check' found: ${wireless}`]);
  expect(judgeChecked(print(bare, wireless), [/wlan0/])).toEqual([]);
});

test("a cause without its finding is named, and so is a check that did not run", () => {
  expect(judgeChecked(print(bare), [/wlan0/])).toEqual(["'exitrd check' did not find /wlan0/"]);
  expect(judgeChecked("built\n", [])).toEqual(["'exitrd check' was not run"]);
});
