import { expect, test } from "vitest";
import { checkingTree, reportTree } from "../../src/execute/self-check/check-tree.ts";
import { runAll, type TaskPorts } from "../../src/observe/run-task.ts";
import type { TaskResult } from "../../src/port/teardown.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { sha256 } from "../fake/image-inputs.ts";
import { makeConsole } from "../fake/make-console.ts";

/** The message if the checking child ends like this; undefined for a child that hangs. */
function listen(result: TaskResult | undefined, mostMs = 5_000): readonly string[] {
  const said: string[] = [];
  let now = 0;
  const ports: TaskPorts = {
    clock: { now: () => now },
    onTick: () => {},
    tasks: {
      start: () => 1,
      wait: (timeoutMs) => {
        now += timeoutMs;
        return result === undefined ? [] : [{ task: 1, result }];
      },
      sent: () => "",
      listOwn: () => [],
      abandon: () => {},
    },
  };
  const console = { ...makeConsole(() => {}), warn: (line: string) => said.push(line) };
  for (const outcome of runAll(
    [checkingTree(new FakeHost().files, sha256, mostMs)],
    10_000,
    ports,
  )) {
    reportTree(outcome, console);
  }
  return said;
}

const unchecked = [
  "exitrd: cannot verify the loaded image: the check failed or timed out, ignoring",
];

test.each([
  ["{}", []],
  [
    '{"path":"a","what":"digest"}',
    ["exitrd: cannot verify '/a': changed after loading (digest), ignoring"],
  ],
  [
    '{"path":"a","what":"missing"}',
    ["exitrd: cannot verify '/a': removed after loading, ignoring"],
  ],
  ['{"path":"a","what":"extra"}', ["exitrd: cannot verify '/a': added after loading, ignoring"]],
  [
    '{"path":"a","what":"mounted"}',
    ["exitrd: cannot verify '/a': covered by a mount after loading, ignoring"],
  ],
  [
    '{"path":"a","what":"manifest"}',
    ["exitrd: cannot verify '/a': not a valid manifest, ignoring"],
  ],
])("a child that answers %s", (output, lines) => {
  expect(listen({ kind: "done", output })).toEqual(lines);
});

test("a child that fails, crashes or hangs delays nothing", () => {
  expect(
    listen({ kind: "error", syscall: "open", code: "EIO", words: "Input/output error" }),
  ).toEqual(unchecked);
  expect(listen({ kind: "crashed", signal: 11 })).toEqual(unchecked);
  expect(listen(undefined)).toEqual(unchecked);
});
