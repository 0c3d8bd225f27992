import { expect, test } from "vitest";
import { buildScript, readResult, runCommand } from "./native-program.ts";

test("PID 1 closes inherited descriptors", async () => {
  const program = await buildScript("prepare", "musl");
  expect(readResult(runCommand(program, "reboot"))).toBe(false);
});
