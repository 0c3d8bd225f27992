import { describe, expect, test } from "vitest";
import { buildScript, readResult, runInNamespace, variants } from "./native-program.ts";

describe.each(variants)("children with a pipe under %s", async (variant) => {
  const result = readResult(runInNamespace(await buildScript("run-tasks", variant)));

  test("their messages and results arrive, and the messages of a crashed one", () => {
    expect(result).toMatchObject({
      outcomes: [
        { kind: "done", output: "" },
        { kind: "done", output: "a\nb\nc\nd" },
        "large",
        { kind: "crashed", signal: 9, sent: "half" },
        { kind: "error", syscall: "open", code: "ENOENT" },
        { kind: "done", output: "x\nerror open EIO" },
        { kind: "crashed", signal: 0, sent: "half" },
      ],
    });
  });

  test("the messages of one that hangs arrive", () => {
    expect(result).toMatchObject({ silent: { kind: "hung", sent: "half" }, inTime: true });
  });
});
