import { describe, expect, test } from "vitest";
import { filesRules } from "../contract/files.ts";
import type { Rule } from "../contract/rule.ts";
import { tasksRules } from "../contract/tasks.ts";
import { treesRules } from "../contract/trees.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { Crash, FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { sysError } from "../fake/sys-error.ts";

// The same rules run against the kernel in test/native/contract.test.ts.
function holdTo<World>(rules: readonly Rule<World>[], makeWorld: () => World): void {
  test.each([...rules])("$name", ({ run, expected }) => {
    expect(run(makeWorld())).toEqual(expected);
  });
}

function makeHostWorld() {
  const host = new FakeHost();
  const folder = "/run/folder";
  host.putDirectory(folder);
  return {
    files: host.files,
    trees: host.trees,
    folder,
    addDirectory: (path: string, mode?: number) => host.putDirectory(path, mode),
    addFile: (path: string, text: string, mode?: number) => host.putFile(path, text, mode),
    addLink: (path: string, target: string) => host.putLink(path, target),
  };
}

function fail(error: Error): () => never {
  return () => {
    throw error;
  };
}

describe("files in memory", () => holdTo(filesRules, makeHostWorld));

describe("trees in memory", () => holdTo(treesRules, makeHostWorld));

describe("children in memory", () => {
  holdTo(tasksRules, () => ({
    tasks: new FakeTasks(),
    failCall: fail(sysError("open", "ENOENT")),
    crash: fail(new Crash()),
    hang: fail(new Hang()),
  }));
});
