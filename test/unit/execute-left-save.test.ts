import { expect, test } from "vitest";
import { save } from "../../src/execute/left/degrade.ts";
import { mayBeRoots } from "../../src/observe/storage-daemons.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { sysError } from "../fake/sys-error.ts";

function saveAfter(code: string, mayShutDown: boolean) {
  const calls: string[] = [];
  const kernel = {
    syncFs: () => void calls.push("sync"),
    remountReadOnly: () => {
      throw sysError("mount", code);
    },
    shutDown: () => void calls.push("shut down"),
  };
  const state = save("/oldroot", kernel, mayShutDown);
  return { state, calls };
}

test("a busy file system is shut down only if everything on it was saved", () => {
  expect(saveAfter("EBUSY", true)).toEqual({ state: "shut down", calls: ["sync", "shut down"] });
  expect(saveAfter("EBUSY", false)).toEqual({ state: "synced", calls: ["sync"] });
});

test("the file system below is not shut down if the one above is no longer mounted", () => {
  expect(saveAfter("EINVAL", true)).toEqual({ state: "synced", calls: ["sync"] });
});

test.each([
  ["ENOMEM", true],
  ["ENOENT", false],
])("a process whose status cannot be read (%s) may be root's: %s", (code, expected) => {
  const machine = new FakeMachine({ mounts: [] });
  machine.readText = () => {
    throw sysError("open", code);
  };
  expect(mayBeRoots("812", machine)).toBe(expected);
});
