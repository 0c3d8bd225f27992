import { expect, test } from "vitest";
import { buildScript, runCommand } from "./native-program.ts";

/** The lengths of the lines of the kernel log that the program has written. */
function logLine(program: string, length: number): readonly number[] {
  const start = `exitrd-test-${process.pid}-${length}-`;
  expect(runCommand(program, start, String(length)).status).toBe(0);
  const lines = runCommand("dmesg").stdout.split("\n");
  const first = lines.findIndex((line) => line.includes(start));
  return lines
    .slice(first)
    .flatMap((line) => /(?:exitrd-test-\S*|x{40,})$/.exec(line)?.[0].length ?? []);
}

test("a line that the kernel log would refuse is divided", async () => {
  const program = await buildScript("console", "musl");
  expect(logLine(program, 900)).toEqual([900]);
  expect(logLine(program, 2_000)).toEqual([960, 960, 80]);
  expect(logLine(program, 100_000)).toEqual([960, 960, 960, 960]);
});
