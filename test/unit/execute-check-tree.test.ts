import { expect, test } from "vitest";
import { checkOwnTree } from "../../src/execute/self-check/check-tree.ts";
import type { TaskPorts } from "../../src/observe/run-task.ts";
import type { TaskResult } from "../../src/port/tasks.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { sha256 } from "../fake/image-inputs.ts";

/** What is said when the child that checks ends so; undefined for one that hangs. */
function listen(result: TaskResult | undefined): readonly string[] {
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
  const console = { info: () => {}, warn: (line: string) => said.push(line) };
  checkOwnTree(new FakeHost().files, sha256, ports, console);
  return said;
}

const unchecked = ["exitrd: cannot check whether the image was changed, going on"];

test.each([
  ["{}", []],
  [
    '{"path":"a","what":"digest"}',
    ["exitrd: '/a' was changed after it was loaded (digest), going on"],
  ],
  [
    '{"path":"a","what":"missing"}',
    ["exitrd: '/a' was removed after the image was loaded, going on"],
  ],
  ['{"path":"a","what":"extra"}', ["exitrd: '/a' was added after the image was loaded, going on"]],
  [
    '{"path":"a","what":"mounted"}',
    ["exitrd: '/a' was mounted over after the image was loaded, going on"],
  ],
  [
    '{"path":"a","what":"manifest"}',
    ["exitrd: '/a' cannot be read: nothing tells whether the image was changed, going on"],
  ],
])("a child that answers %s", (output, lines) => {
  expect(listen({ kind: "done", output })).toEqual(lines);
});

test("a child that fails, dies or hangs holds nothing up", () => {
  expect(
    listen({ kind: "error", syscall: "open", code: "EIO", words: "Input/output error" }),
  ).toEqual(unchecked);
  expect(listen({ kind: "crashed", signal: 11 })).toEqual(unchecked);
  expect(listen(undefined)).toEqual(unchecked);
});
