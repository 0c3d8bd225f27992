import { describe, expect, test } from "vitest";
import { isReleased } from "../../src/execute/perform.ts";
import type { Reader } from "../../src/port/reader.ts";
import { sysError } from "../fake/sys-error.ts";

const stop = { kind: "md-stop", name: "md0", dev: "9:0" } as const;

/** Of an array, nothing but md/array_state is asked. */
function arrayReader(readState: () => string): Reader {
  return { readText: readState } as unknown as Reader;
}

describe("an array counts as stopped", () => {
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

  test("when the kernel answers that it is being deleted", () => {
    const deleted = arrayReader(() => {
      throw sysError("read", "EBUSY");
    });
    expect(isReleased(stop, deleted)).toBe(true);
  });

  test("in no other state, and not by any other failure", () => {
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
