import { describe, expect, test } from "vitest";
import { buildScript, readResult, runInNamespace, variants } from "./native-program.ts";

describe.each(variants)("processes under %s", async (variant) => {
  const program = await buildScript("processes", variant);
  const result = readResult(runInNamespace(program, "a b", "\u00e9"));

  test("a child's answer comes through a pipe, its status by waitpid", () => {
    expect(result).toMatchObject({
      pipe: { ready: true, said: true, status: 7 << 8, hangUp: true, none: true },
    });
  });

  test("a child that hangs is abandoned at its deadline", () => {
    expect(result).toMatchObject({
      abandoned: { ready: [0], late: [[0], [0], [0], [0]], inTime: true, notYet: true, status: 9 },
    });
  });

  test("the ways in which a child died are distinguished", () => {
    expect(result).toMatchObject({
      deaths: {
        thrown: 70 << 8,
        returned: 0,
        terminated: 15,
        executed: 9 << 8,
        notExecuted: "execve ENOENT",
      },
    });
    // The sanitizer handles SIGSEGV itself and exits with a status; 128 marks a core dump.
    if (variant === "musl") expect([11, 11 + 128]).toContain(readSegv(result));
  });

  test("signals are blocked, pending, ignored and reset", () => {
    expect(result).toMatchObject({
      signals: {
        blocked: "0000000000004001",
        pending: "0000000000004000",
        open: "0000000000000000",
        ignored: expect.stringMatching(/4...$/),
        kill: "sigaction EINVAL",
      },
    });
  });

  test("clocks, limits, environment and notification work", () => {
    expect(result).toMatchObject({
      rest: {
        ...{ slept: true, realtime: true, date: true, getenv: ["C", null], umask: 0o27 },
        argv: ["a b", "\u00c3\u00a9"],
        ...{ uname: ["release", "machine"], limit: 100 },
        // The sanitizer's run-time library makes mlockall(2) a no-op.
        locked: variant === "musl",
        ...{ tables: true, oneCpu: true, noCpu: Array(3).fill("sched_setaffinity EINVAL") },
        ...{ last: "setitimer ENOSYS", noSocket: "connect ENOENT", reboot: "reboot EINVAL" },
        ...{ noAbstract: "connect ECONNREFUSED", longAddress: "connect ENAMETOOLONG" },
      },
    });
  });
});

function readSegv(result: unknown): number {
  return (result as { readonly deaths: { readonly segv: number } }).deaths.segv;
}
