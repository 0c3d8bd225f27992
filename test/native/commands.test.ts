import { expect, test } from "vitest";
import { buildScript, readResult, runCommand } from "./native-program.ts";

test("the outputs of a program are read to their ends, and an error is not an endless loop", async () => {
  const program = await buildScript("commands", "musl");
  expect(readResult(runCommand(program))).toEqual({ pieces: ["text"], closed: "read EBADF" });
});
