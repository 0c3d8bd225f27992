import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";
import { askToEnd } from "../../src/execute/processes/ask-to-end.ts";
import { runHostScripts } from "../../src/execute/programs/hooks.ts";
import type { ProgramPorts } from "../../src/execute/programs/run-programs.ts";
import { packageImage } from "../../src/load/image-places.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { earlyMark } from "../../src/text/tree-paths.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { runFakeShutdown } from "../fake/fake-shutdown.ts";
import { FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { fakeCodec, imageInput } from "../fake/image-inputs.ts";
import { makeConsole } from "../fake/make-console.ts";
import { sysError } from "../fake/sys-error.ts";

const limits = { eachMs: 10_000, until: 60_000 };
const scriptsDir = "/oldroot/usr/lib/systemd/system-shutdown";

function runScripts(readDir: (path: string) => readonly string[]) {
  const machine = new FakeMachine({ mounts: [] });
  machine.readDir = readDir;
  machine.stat = (path) => ({
    ...{ dev: "8:1", rdev: "0:0", mountId: 20, uid: 0, isBlock: false },
    isProgram: !path.endsWith("README"),
  });
  const tasks = new FakeTasks();
  const runs: unknown[] = [];
  const lines: string[] = [];
  const ports: ProgramPorts = {
    ...{ reader: machine, tasks, clock: tasks.clock, onTick() {} },
    programs: {
      run: (...args) => {
        runs.push(args);
        return { kind: "exited", status: 0 };
      },
      runShell: () => ({ kind: "exited", status: 0 }),
    },
  };
  const say = (line: string): void => void lines.push(line);
  const hasRun = runHostScripts("halt", limits, ports, makeConsole(say));
  return { hasRun, runs, lines, tasks };
}

describe("the machine's own scripts", () => {
  test("run in its root, with the verb", () => {
    const { hasRun, runs } = runScripts((path) => {
      if (path !== scriptsDir) throw sysError("open", "ENOENT");
      const ignored = [
        ".hidden",
        "copy~",
        "mdadm.shutdown.dpkg-old",
        "x.rpmsave",
        "y.bak",
        "README",
      ];
      return ["fwupd.shutdown", "mdadm.shutdown", ...ignored];
    });
    expect(hasRun).toBe(true);
    const at = "/usr/lib/systemd/system-shutdown";
    expect(runs).toEqual([
      [`${at}/fwupd.shutdown`, ["halt"], 10_000, "/oldroot"],
      [`${at}/mdadm.shutdown`, ["halt"], 10_000, "/oldroot"],
    ]);
  });

  test("are skipped with a message if its disk does not answer", () => {
    const { hasRun, runs, lines, tasks } = runScripts(() => {
      throw new Hang();
    });
    expect({ hasRun, runs }).toEqual({ hasRun: false, runs: [] });
    expect(lines).toEqual([`exitrd: cannot list '${scriptsDir}', ignoring`]);
    expect(tasks.clock.now()).toBeLessThanOrEqual(2_000);
  });
});

describe("a process that init left running", () => {
  const ask = (...servers: ConstructorParameters<typeof FakeMachine>[0]["servers"] & object) => {
    const machine = new FakeMachine({ mounts: [], servers });
    const tasks = new FakeTasks();
    askToEnd(75_000, { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} });
    return machine.calls.filter((call) => call.startsWith("kill "));
  };

  test("gets one SIGTERM, stopped or not, and is waited for", () => {
    expect(ask({ pid: 800, command: "qemu", dev: "0:1", uid: 4243 })).toEqual([
      "kill 800 SIGTERM",
      "kill 800 SIGCONT",
    ]);
  });

  test.each([
    [75_000, 5_000, 6_000],
    // DefaultTimeoutStopSec=5s: waiting for 5 s would leave no time for the release.
    [4_000, 840, 1_000],
  ])("of %d ms until the release ends, takes a quarter at most", (releaseUntil, slept, hung) => {
    const server = { pid: 800, command: "stuck", dev: "0:1", uid: 4243, connection: "40" };
    const machine = new FakeMachine({ mounts: [], servers: [server] });
    machine.connections.add("40");
    const tasks = new FakeTasks();
    const ports = { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} };
    let total = 0;
    machine.sleep = (ms) => {
      total += ms;
    };
    askToEnd(releaseUntil, ports);
    expect(total).toBeGreaterThan(slept - 20);
    expect(total).toBeLessThanOrEqual(slept);
    machine.readDir = () => {
      throw new Hang();
    };
    const before = tasks.clock.now();
    askToEnd(before + releaseUntil, ports);
    expect(tasks.clock.now() - before).toBeLessThanOrEqual(hung);
  });

  test("cleans up by commands that are not asked", () => {
    const machine = new FakeMachine({
      mounts: [],
      servers: [{ pid: 800, command: "trap", dev: "0:1", uid: 4243, connection: "40" }],
    });
    machine.connections.add("40");
    machine.beforeCall = (call) => {
      if (call !== "kill 800 SIGTERM") return;
      machine.servers.push({ pid: 900, command: "rm", dev: "0:1", uid: 4243 });
    };
    const tasks = new FakeTasks();
    askToEnd(75_000, { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} });
    expect(machine.calls.filter((call) => call.endsWith(" SIGTERM"))).toEqual(["kill 800 SIGTERM"]);
  });

  test("is asked even if another one cannot be examined", () => {
    const machine = new FakeMachine({
      mounts: [],
      servers: [
        { pid: 800, command: "stuck", dev: "0:1" },
        { pid: 900, command: "root's", dev: "0:1" },
        { pid: 950, command: "user's", dev: "0:1", uid: 4243 },
      ],
    });
    const readText = machine.readText.bind(machine);
    machine.readText = (path) => {
      if (path === "/proc/800/cmdline") throw new Hang();
      return path === "/proc/900/cmdline" ? "root's" : readText(path);
    };
    const tasks = new FakeTasks();
    askToEnd(75_000, { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} });
    const asked = machine.calls.filter((call) => call.endsWith(" SIGTERM"));
    expect(asked).toEqual(["kill 950 SIGTERM", "kill 800 SIGTERM", "kill 900 SIGTERM"]);
  });

  test("is left running if it serves storage", () => {
    expect(ask({ pid: 800, command: "server", dev: "0:1" })).toEqual([]);
  });
});

test("a shutdown that was entered early runs the scripts before anything is released", () => {
  const { events } = runFakeShutdown({ isEarly: true, breakAt: undefined });
  const released = events.indexOf("umount /oldroot");
  expect(events.slice(released - 2, released)).toEqual([
    "run script halt",
    "run 10-hook before-umount",
  ]);
});

test("load leaves the mark that exitrd-early.service looks for, and unload removes it", () => {
  const host = new FakeHost();
  host.putFile(packageImage, makeImage(imageInput, 0, fakeCodec));
  const isMarked = (): boolean => host.files.status(earlyMark) !== undefined;
  const states: boolean[] = [];
  for (const enter of ["early", "pivot", "early"]) {
    host.putFile("/etc/exitrd.conf", `[Exitrd]\nEnter=${enter}\n`);
    run(["load"], host);
    states.push(isMarked());
  }
  run(["unload"], host);
  expect([...states, isMarked()]).toEqual([true, false, true, false]);
});
