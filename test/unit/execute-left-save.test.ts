import { expect, test } from "vitest";
import { save } from "../../src/execute/left/degrade.ts";
import { readRealUid } from "../../src/observe/storage-daemons.ts";
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

test("what is busy is shut down only where all that lies on it was saved", () => {
  expect(saveAfter("EBUSY", true)).toEqual({ state: "shut down", calls: ["sync", "shut down"] });
  expect(saveAfter("EBUSY", false)).toEqual({ state: "synced", calls: ["sync"] });
});

test("where nothing is mounted any more, the file system below is not shut down", () => {
  expect(saveAfter("EINVAL", true)).toEqual({ state: "synced", calls: ["sync"] });
});

test("a process whose status cannot be read is not taken for a user's", () => {
  const machine = new FakeMachine({ mounts: [] });
  machine.readText = () => {
    throw sysError("open", "ENOMEM");
  };
  expect(() => readRealUid("812", machine)).toThrow();
});
