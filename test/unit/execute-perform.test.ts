import { describe, expect, test } from "vitest";
import type { Claims, Kernel, Reader } from "../../src/port/teardown.ts";
import { isReleased, perform } from "../fake/perform.ts";
import { sysError } from "../fake/sys-error.ts";

const stop = { kind: "md-stop", name: "md0", dev: "9:0" } as const;

/** A reader for an array, whose md/array_state is the only file. */
function arrayReader(readState: () => string): Reader & Claims {
  return { readText: readState } as unknown as Reader & Claims;
}

describe("an array is regarded as stopped", () => {
  test("when its state is clear or gone", () => {
    expect(
      isReleased(
        stop,
        arrayReader(() => "clear\n"),
      ),
    ).toBe(true);
    const gone = arrayReader(() => {
      throw sysError("open", "ENOENT");
    });
    expect(isReleased(stop, gone)).toBe(true);
  });

  test("if the kernel reports that it is being deleted", () => {
    const deleted = arrayReader(() => {
      throw sysError("read", "EBUSY");
    });
    expect(isReleased(stop, deleted)).toBe(true);
  });

  test("but in no other state, and after no other failure", () => {
    expect(
      isReleased(
        stop,
        arrayReader(() => "clean\n"),
      ),
    ).toBe(false);
    const broken = arrayReader(() => {
      throw sysError("read", "EIO");
    });
    expect(() => isReleased(stop, broken)).toThrow();
  });
});

const NO_PARTITIONS: Pick<Reader, "readDir"> = { readDir: () => [] };

describe("closing a session of which a part fails", () => {
  const calls: string[] = [];
  const record = (call: string) => (path: string) => {
    const name =
      path.split("/").find((part) => /^(dead|sd|nvme[0-9]|connection)/.test(part)) ?? path;
    calls.push(`${call} ${name}`);
    if (name.startsWith("dead")) throw sysError("write", "EIO");
  };
  const claim = (): void => {};
  const kernel = {
    ...{ claim, writePages: claim, write: record("delete"), iscsiLogout: record("logout") },
  } as unknown as Kernel;
  const close = (parts: { protocol: "nvme" | "iscsi"; paths: string[]; devices: string[] }) => {
    calls.length = 0;
    const step = { kind: "session-close", name: "session1", ...parts } as const;
    expect(() =>
      perform(step, { kernel, reader: NO_PARTITIONS as Reader & Claims, clock: { now: () => 0 } }),
    ).toThrow("Input/output error");
    return calls;
  };

  test("still distinguishes all other paths", () => {
    expect(close({ protocol: "nvme", paths: ["dead0", "nvme1"], devices: [] })).toEqual([
      "delete dead0",
      "delete nvme1",
    ]);
  });

  test("still deletes every other disk and logs out", () => {
    const parts = { paths: ["connection1:0"], devices: ["dead", "sdb"] };
    expect(close({ protocol: "iscsi", ...parts })).toEqual([
      "delete dead",
      "delete sdb",
      "logout connection1:0",
    ]);
  });
});
