import { describe, expect, test } from "vitest";
import { save } from "../../src/execute/left/degrade.ts";
import { mayBeRoots } from "../../src/observe/storage-daemons.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { runTakeDown } from "../fake/run-take-down.ts";
import { lvmOnLuks } from "../fake/stacks.ts";
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

describe("a file system that cannot be synced", () => {
  const leave = (error: Error): readonly [FakeMachine, readonly string[]] => {
    const machine = lvmOnLuks();
    machine.beforeCall = (call) => {
      if (call === "umount /oldroot") throw sysError("umount2", "EBUSY");
      if (call === "syncfs /oldroot") throw error;
    };
    return [machine, runTakeDown(machine).lines];
  };

  // A mount on a file cannot be opened as a directory, and may be the first of its file system.
  test.each([sysError("syncfs", "EIO"), sysError("open", "ENOTDIR")])(
    "is made read-only nevertheless: %s",
    (error) => {
      const [machine, lines] = leave(error);
      expect(machine.calls).toContain("remount-ro /oldroot");
      expect(lines).toContain("exitrd: '/oldroot' is still mounted, now read-only, not synced");
    },
  );

  test("is not shut down if it is busy", () => {
    const calls: string[] = [];
    const fail = (call: string, code: string) => (): never => {
      calls.push(call);
      throw sysError(call, code);
    };
    const kernel = {
      syncFs: fail("syncfs", "EIO"),
      remountReadOnly: fail("mount", "EBUSY"),
      shutDown: fail("ioctl", "EIO"),
    };
    expect(save("/oldroot", kernel, true)).toBe("not synced");
    expect(calls).toEqual(["syncfs", "mount"]);
  });
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
