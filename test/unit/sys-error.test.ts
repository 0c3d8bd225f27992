import { expect, test } from "vitest";
import { attempt, catchSysError, type SysError, throwLossFirst } from "../../src/port/sys-error.ts";
import { sysError } from "../fake/sys-error.ts";

function failing(thrown: Error): () => never {
  return () => {
    throw thrown;
  };
}

test("only the named errors of a failed system call are answers", () => {
  expect(attempt(() => 1, ["ENOENT"])).toBe(1);
  expect(attempt(failing(sysError("open", "ENOENT")), ["ENOENT"])).toBeUndefined();
  expect(() => attempt(failing(sysError("open", "EIO")), ["ENOENT"])).toThrow("Input/output error");
});

test("without named errors any system call may fail, and nothing else", () => {
  expect(attempt(failing(sysError("open", "EIO")))).toBeUndefined();
  expect(() => attempt(failing(new Error("a bug")))).toThrow("a bug");
});

test("a loss is thrown instead of the error of the act after it, and only then", () => {
  const loss = sysError("fsync", "EIO") as SysError;
  const refuse = (): never => {
    throw sysError("ioctl", "EBUSY");
  };
  expect(() => throwLossFirst(loss, refuse)).toThrow(loss);
  expect(() => throwLossFirst(undefined, refuse)).toThrow("Device or resource busy");
  expect(throwLossFirst(loss, () => 1)).toBe(1);
  expect(
    catchSysError(() => {
      throw loss;
    }),
  ).toBe(loss);
  expect(catchSysError(() => 1)).toBeUndefined();
  expect(() =>
    catchSysError(() => {
      throw new TypeError("a bug");
    }),
  ).toThrow("a bug");
});
