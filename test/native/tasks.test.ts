import { describe, expect, test } from "vitest";
import { buildScript, readResult, runCommand, variants } from "./native-program.ts";

describe.each(variants)("children of PID 1 under %s", async (variant) => {
  const program = await buildScript("tasks", variant);
  const isolation = ["--pid", "--fork", "--mount", "--mount-proc", "--kill-child"];
  const result = readResult(runCommand("unshare", ...isolation, program)) as Record<
    string,
    unknown
  >;

  test("answer with their result or their failure", () => {
    expect(result).toMatchObject({
      output: { kind: "done", output: "\xff\n" },
      large: true,
      error: {
        ...{ kind: "error", syscall: "open", code: "ENOENT" },
        words: "No such file or directory",
      },
      bug: { kind: "crashed", signal: 0 },
      died: { kind: "crashed", signal: 9 },
    });
  });

  test("are seen to exit although a process that they started has their pipe open", () => {
    expect(result).toMatchObject({
      leaving: { result: { kind: "done", output: "answer" }, atOnce: true },
      leavingLarge: { result: { kind: "done" }, atOnce: true },
    });
  });

  test("free all resources when they exit", () => {
    expect(result.held).toEqual({
      ...{ result: { kind: "done", output: "100" }, atOnce: true, left: 0 },
    });
  });

  test("that die without an answer are seen to exit as well", () => {
    expect(result.leavingDead).toMatchObject({ result: { kind: "crashed", signal: 9 } });
  });

  test("do not inherit the status of an earlier child with the same pid", () => {
    expect(result.reused).toEqual({ same: true, result: { kind: "done", output: "second" } });
  });
});
