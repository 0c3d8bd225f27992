import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { run } from "../../tools/run.ts";
import { buildScript, type Outcome, runCommand, variants } from "./native-program.ts";

/**
 * Runs the program as PID 1 of a PID namespace. There, reboot(2) kills the namespace, and its
 * parent sees PID 1 die by SIGHUP (restart) or SIGINT (power off, halt): reboot_pid_ns() in the
 * kernel. unshare(1) dies in the same way.
 */
function runAsPid1(program: string, ...args: readonly string[]): Outcome {
  return runCommand("unshare", "--pid", "--fork", "--mount", "--mount-proc", program, ...args);
}

/** Builds last-resort-faults.c; resolves to the program. */
async function buildFaults(): Promise<string> {
  const output = join(cacheDir("test-native"), "last-resort-faults");
  const fakes = ["open", "syscall", "getpid"].map((name) => `-D${name}=fake_${name}`);
  const files = ["last-resort-faults.c", "../../native/last_resort.c"];
  await run("gcc", [
    ...["-D_GNU_SOURCE", "-Wall", "-Werror", "-O1", ...fakes, "-o", output],
    ...files.map((name) => join(import.meta.dirname, name)),
  ]);
  return output;
}

describe("the last resort with failing calls", async () => {
  const program = await buildFaults();

  test("gives the sync ten seconds, even after an error message took five", () => {
    expect(runCommand(program, "slow-sync").stdout).toMatch(/^synced 7\nreboot [78]\n$/);
  });

  test("makes the kernel sync and remount read-only if no child can be started", () => {
    expect(runCommand(program, "no-child").stdout).toMatch(
      /^sysrq 0\nssysrq [56]\nureboot 1[01]\n$/,
    );
  });
});

describe.each(variants)("the last resort under %s", async (variant) => {
  const program = await buildScript("last-resort", variant, true);

  test.each([
    ["reboot", "SIGHUP"],
    ["poweroff", "SIGINT"],
    ["halt", "SIGINT"],
    ["exit", "SIGINT"],
    // Without a loaded kernel, reboot(KEXEC) returns, and a restart follows.
    ["kexec", "SIGHUP"],
  ])("carries out '%s' when script throws", (verb, signal) => {
    const outcome = runAsPid1(program, verb, "throw");
    expect(outcome.signal).toBe(signal);
    expect(outcome.stderr).toContain("Error: thrown on purpose\n    at throw\n");
  });

  test.each([
    ["return", ""],
    ["throw-string", "exitrd: only\na string"],
    ["reject", "Error: rejected on purpose"],
    ["recurse", "stack overflow"],
    ["memory", "out of memory"],
    ["fault", ""],
    ["abort", ""],
    ["loop", ""],
    ["sleep", ""],
    ["mask-and-loop", ""],
    ["no-dev", "thrown without /dev"],
  ])("calls reboot(2) as PID 1 on '%s'", (failure, words) => {
    const outcome = runAsPid1(program, "reboot", failure);
    expect(outcome).toMatchObject({ signal: "SIGHUP", stderr: expect.stringContaining(words) });
  });

  test.each([
    ["reject-first", ["first"]],
    ["reject-second", ["second"]],
    ["reject-both", ["first", "second"]],
  ])("reports every unhandled rejection, and no other: %s", (failure, words) => {
    const { stderr } = runAsPid1(program, "reboot", failure);
    expect([...stderr.matchAll(/Error: (\w+) on purpose/g)].map((match) => match[1])).toEqual(
      words,
    );
  });

  test("is not blocked by a console that accepts no message", { timeout: 30_000 }, () => {
    expect(runAsPid1(program, "reboot", "blocked-console").signal).toBe("SIGHUP");
  });

  test("does not let a signal from another process interrupt a system call", () => {
    expect(runAsPid1(program, "reboot", "signalled")).toMatchObject({
      ...{ signal: "SIGINT", stderr: "" },
    });
  });

  test("can be disarmed", () => {
    expect(runAsPid1(program, "reboot", "disarmed").signal).toBe("SIGINT");
  });

  test("leaves exceptions and crashes of a child to its parent", () => {
    const outcome = runAsPid1(program, "poweroff", "child");
    expect(outcome).toMatchObject({
      signal: "SIGHUP",
      // In the child, the sanitizer's own handler is gone, so the signal is reported.
      stdout: "256 11\n",
      stderr: expect.stringContaining("thrown in a child"),
    });
  });

  test("works with its standard descriptors closed and signals blocked or ignored", () => {
    const closed = 'trap "" PIPE HUP; exec 3>&1; exec "$0" reboot entry <&- >&- 2>&-';
    const outcome = runAsPid1("/bin/sh", "-c", closed, program);
    expect(outcome.signal).toBe("SIGHUP");
    expect(outcome.stdout).toMatch(/^SigBlk:\t0{16} SigIgn:\t0{16} fds 0,1,2\n$/);
  });

  test("refuses to run script if it is not PID 1", () => {
    expect(runCommand(program, "halt", "throw")).toEqual({
      stdout: "",
      stderr: "exitrd: cannot run: not PID 1, this program shuts the machine down\n",
      status: 1,
      signal: null,
    });
  });
});
