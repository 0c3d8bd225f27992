import { expect, test } from "vitest";
import { buildScript, readResult, runCommand } from "./native-program.ts";

test("the outputs of a program are read to their ends, and an error does not loop for ever", async () => {
  const program = await buildScript("commands", "musl");
  expect(readResult(runCommand(program))).toEqual({
    ...{ pieces: ["text"], closed: "read EBADF" },
    // The input may be larger than a pipe, and the program need not read it.
    whole: [3, "problem\n", 1 << 20, true],
    unread: [0, "early\n"],
    short: [0, "a\xff\n"],
    absent: null,
    enough: "enough",
    left: null,
  });
});
