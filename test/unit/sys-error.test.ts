import { expect, test } from "vitest";
import { attempt } from "../../src/port/sys-error.ts";
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
