import { expect, test } from "vitest";
import { syncLast } from "../../src/execute/end/sync-last.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { sha256 } from "../fake/image-inputs.ts";
import { makeConsole } from "../fake/make-console.ts";
import { lvmOnLuks } from "../fake/stacks.ts";

test.each([
  ["a quarter of a short time", 2_000, 500],
  ["two seconds of a long one", 75_000, 2_000],
  ["a quarter of a second if none is left", 0, 250],
])("a check of the tree that hangs takes %s", (_, until, mostMs) => {
  const tasks = new FakeTasks();
  const { files } = new FakeHost();
  files.status = () => {
    throw new Hang();
  };
  const ports = { kernel: lvmOnLuks(), files, digests: { sha256 }, tasks };
  const lines: string[] = [];
  const console = makeConsole((line) => lines.push(line));
  expect(syncLast(until, { ...ports, clock: tasks.clock, onTick() {} }, console)).toBe(true);
  expect(tasks.clock.now()).toBeGreaterThanOrEqual(mostMs);
  // It is looked at ten times a second, and the sync itself takes a millisecond.
  expect(tasks.clock.now()).toBeLessThanOrEqual(mostMs + 101);
  expect(lines).toEqual([
    "exitrd: cannot verify the loaded image: the check failed or timed out, ignoring",
  ]);
});
