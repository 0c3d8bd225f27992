import { spawn } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { buildScript, readResult, runInNamespace } from "./native-program.ts";

let program: string;
beforeAll(async () => {
  program = await buildScript("take-over", "musl");
});

/**
 * Programs that wait in different system calls, as inits do, and what each prints if it continues.
 */
const waiting = {
  "nanosleep, which is restarted with the time that is left": "exec sleep 2",
  "wait4, for a child": "sleep 2; echo went on",
  "read, from a pipe": "exec cat < <(sleep 2; echo went on)",
  "poll, with a timeout": "exec timeout 4 tail -f --pid=$$ /dev/null",
  "rt_sigsuspend, for any signal": "sleep 2 & wait; echo went on",
} as const;

interface Ended {
  readonly taken: unknown;
  readonly stdout: string;
  readonly code: number | null;
  readonly seconds: number;
}

async function takeOver(script: string, ...words: readonly string[]): Promise<Ended> {
  const child = spawn("bash", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  const started = Date.now();
  let stdout = "";
  child.stdout.on("data", (data) => {
    stdout += data;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const taken = readResult(runInNamespace(program, String(child.pid), ...words));
  const code = await ended;
  return { taken, stdout, code, seconds: (Date.now() - started) / 1000 };
}

describe("a process that waits in", () => {
  test.each(Object.entries(waiting))("%s executes another program", async (_call, script) => {
    const { taken, stdout, code } = await takeOver(script, "/bin/echo", "ours,", "now");
    expect({ taken, stdout, code }).toEqual({ taken: "taken", stdout: "ours, now\n", code: 0 });
  });

  const goesOn = Object.entries(waiting).filter(([, script]) => !script.includes("tail"));
  test.each(goesOn)("%s continues if it cannot", async (_call, script) => {
    const { taken, stdout, code, seconds } = await takeOver(script, "/nowhere/shutdown", "x");
    const expected = script.includes("went on") ? "went on\n" : "";
    expect({ taken, stdout, code }).toEqual({
      ...{ taken: { kind: "not-executed" }, stdout: expected, code: 0 },
    });
    if (script.includes("sleep 2")) expect(seconds).toBeGreaterThan(1.9);
  });
});

test("a process whose children end all the time executes another program", async () => {
  const script = "SECONDS=0; while [ $SECONDS -lt 10 ]; do /bin/true & /bin/true & wait; done";
  for (let round = 0; round < 8; round += 1) {
    const { taken, stdout, code } = await takeOver(script, "/bin/echo", "ours");
    expect({ taken, stdout, code }).toEqual({ taken: "taken", stdout: "ours\n", code: 0 });
  }
});

test("a process that makes no system calls is left alone", async () => {
  const busy = "SECONDS=0; while [ $SECONDS -lt 3 ]; do :; done; echo went on";
  expect(await takeOver(busy, "/bin/echo")).toMatchObject({
    ...{ taken: { kind: "no-stop" }, stdout: "went on\n", code: 0 },
  });
});
