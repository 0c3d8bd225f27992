import { describe, expect, test } from "vitest";
import { openDebugShell, type ShellPorts } from "../../src/execute/programs/debug-shell.ts";
import { runHooks, runSystemdScripts } from "../../src/execute/programs/hooks.ts";
import type { ProgramEnd } from "../../src/teardown/report/program-end.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Crash, FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { makeConsole } from "../fake/make-console.ts";
import { sysError } from "../fake/sys-error.ts";

const done: ProgramEnd = { kind: "exited", status: 0 };
const hooksDir = "/usr/lib/exitrd/hooks.d";
const scriptsDir = "/usr/lib/systemd/system-shutdown";

/** An image with these names, and the effects of running each. */
function makeImage(
  names: Readonly<Record<string, readonly string[]>>,
  run: (path: string, limitMs: number) => ProgramEnd = () => done,
) {
  const machine = new FakeMachine({ mounts: [] });
  machine.readDir = (path) => {
    const found = names[path];
    if (found === undefined) throw sysError("open", "ENOENT");
    return found;
  };
  const tasks = new FakeTasks();
  const calls: string[] = [];
  const lines: string[] = [];
  let stops = 0;
  const ports: ShellPorts = {
    ...{ reader: machine, tasks, onTick() {} },
    clock: {
      now: tasks.clock.now,
      stop: () => calls.push(`stop ${++stops}`),
      go: () => calls.push("go"),
    },
    programs: {
      run: (path, args, limitMs) => {
        calls.push([path, ...args].join(" "));
        return run(path, limitMs);
      },
      runShell: (path) => {
        calls.push(path);
        return run(path, 0);
      },
    },
    holdAlarm: () => calls.push("hold"),
    armAlarm: () => calls.push("arm"),
  };
  const say = (line: string) => lines.push(line);
  return { calls, lines, ports, tasks, machine, console: makeConsole(say) };
}

const limits = { eachMs: 10_000, until: 60_000 };

describe("hooks", () => {
  test("run in order, with stage and verb, and are reported", () => {
    const image = makeImage({ [hooksDir]: ["10-one", "20-two", "README", "5-five"] });
    expect(runHooks("before-umount", "reboot", limits, image.ports, image.console)).toBe(true);
    expect(image.calls).toEqual([
      `${hooksDir}/10-one before-umount reboot`,
      `${hooksDir}/20-two before-umount reboot`,
    ]);
    expect(image.tasks.mostAtOnce).toBe(1);
    expect(image.lines).toEqual([
      expect.stringMatching(/^exitrd: +0\.000 s {2}hook '10-one' +before-umount +1 ms$/),
      expect.stringMatching(/^exitrd: +0\.001 s {2}hook '20-two' +before-umount +1 ms$/),
    ]);
  });

  test("an image without hooks runs none", () => {
    const image = makeImage({});
    expect(runHooks("after-umount", "halt", limits, image.ports, image.console)).toBe(false);
    runSystemdScripts("halt", limits, image.ports, image.console);
    expect(image.lines).toEqual([]);
  });

  test.each<[string, () => ProgramEnd, string]>([
    ["fails", () => ({ kind: "exited", status: 3 }), "exit status 3"],
    ["dies", () => ({ kind: "killed", signal: 11 }), "killed by signal 11"],
    ["hangs", () => ({ kind: "hung", limitMs: 10_000 }), "timed out after 10.0 s"],
    [
      "cannot be started",
      () => {
        throw sysError("fork", "EAGAIN");
      },
      "Resource temporarily unavailable",
    ],
    [
      "hangs with the child that waits for it",
      () => {
        throw new Hang();
      },
      "timed out after 10.0 s",
    ],
    [
      "takes the child that waits for it along",
      () => {
        throw new Crash();
      },
      "killed by signal 11",
    ],
  ])("a hook that %s is reported in one line, and the next one runs", (_, end, words) => {
    const names = { [hooksDir]: ["10-bad", "20-good"] };
    const image = makeImage(names, (path) => (path.endsWith("10-bad") ? end() : done));
    runHooks("after-umount", "halt", limits, image.ports, image.console);
    expect(image.lines[0]).toBe(
      `exitrd: cannot run hook '10-bad' (after-umount): ${words}, ignoring`,
    );
    expect(image.lines[1]).toContain("hook '20-good'");
  });

  test("if any number of hooks hang, the deadline is met, and skipped ones are reported", () => {
    const names = { [hooksDir]: ["10-a", "11-b", "12-c", "13-d"] };
    const image = makeImage(names, () => {
      throw new Hang();
    });
    runHooks("before-verb", "halt", { eachMs: 10_000, until: 20_000 }, image.ports, image.console);
    expect(image.tasks.clock.now()).toBeLessThanOrEqual(20_000);
    expect(image.calls).toHaveLength(2);
    expect(image.lines.slice(2)).toEqual([
      "exitrd: cannot run hook '12-c' (before-verb): no time left, ignoring",
      "exitrd: cannot run hook '13-d' (before-verb): no time left, ignoring",
    ]);
  });
});

test("systemd's scripts run in parallel, with only the verb as argument", () => {
  const image = makeImage({ [scriptsDir]: ["one", "two"] });
  runSystemdScripts("poweroff", limits, image.ports, image.console);
  expect(image.calls).toEqual([`${scriptsDir}/one poweroff`, `${scriptsDir}/two poweroff`]);
  expect(image.tasks.mostAtOnce).toBe(2);
  expect(image.lines[0]).toContain(`'${scriptsDir}/one'`);
});

describe("the debug shell", () => {
  const root = { id: 1, parentId: 0, dev: "0:30", target: "/", fsType: "tmpfs", source: "tmpfs" };

  test("stops the clock and the alarm for as long as it is open", () => {
    const image = makeImage({});
    image.machine.mounts.push(root);
    openDebugShell("before-verb", "poweroff", image.ports, image.console);
    expect(image.calls).toEqual(["hold", "stop 1", "/bin/sh", "go", "arm"]);
    expect(image.lines).toEqual([
      "exitrd: debug shell before-verb (exitrd.break=): 'exit' resumes poweroff",
    ]);
  });

  test("is reported in one line if the image has none", () => {
    const image = makeImage({});
    openDebugShell("before-umount", "poweroff", image.ports, image.console);
    expect(image.calls).toEqual([]);
    expect(image.lines).toEqual([
      "exitrd: cannot open a debug shell before-umount: the image has no '/bin/sh', ignoring",
    ]);
  });

  test("without a console does not stop the shutdown", () => {
    const image = makeImage({}, () => {
      throw sysError("open", "ENXIO");
    });
    image.machine.mounts.push(root);
    openDebugShell("before-verb", "poweroff", image.ports, image.console);
    expect(image.calls.slice(-2)).toEqual(["go", "arm"]);
    expect(image.lines[1]).toBe(
      "exitrd: cannot run the debug shell before-verb: No such device or address, ignoring",
    );
  });
});
