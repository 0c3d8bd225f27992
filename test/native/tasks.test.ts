import { describe, expect, test } from "vitest";
import { buildScript, readResult, runCommand, variants } from "./native-program.ts";

describe.each(variants)("children of PID 1 under %s", async (variant) => {
  const program = await buildScript("tasks", variant);
  const isolation = ["--pid", "--fork", "--mount", "--mount-proc", "--kill-child"];
  const result = readResult(runCommand("unshare", ...isolation, program)) as Record<
    string,
    unknown
  >;

  test("answer with what they return, or why they could not", () => {
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

  test("are seen to end although a process that they left has their pipe open", () => {
    expect(result).toMatchObject({
      leaving: { result: { kind: "done", output: "answer" }, atOnce: true },
      leavingLarge: { result: { kind: "done" }, atOnce: true },
    });
  });

  test("release what they hold when they exit", () => {
    expect(result.held).toEqual({
      ...{ result: { kind: "done", output: "100" }, atOnce: true, left: 0 },
    });
  });

  test("that die without an answer are seen as well", () => {
    expect(result.leavingDead).toMatchObject({ result: { kind: "crashed", signal: 9 } });
  });

  test("do not inherit the status of the one that had their pid before", () => {
    expect(result.reused).toEqual({ same: true, result: { kind: "done", output: "second" } });
  });
});
