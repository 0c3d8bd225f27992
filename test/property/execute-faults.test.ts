import fc from "fast-check";
import { expect, test } from "vitest";
import { divideDeadline } from "../../src/execute/deadline/limits.ts";
import { syncBounded } from "../../src/execute/left/sync-bounded.ts";
import type { Ports } from "../../src/execute/ports.ts";
import { takeDown } from "../../src/execute/take-down.ts";
import type { FakeMachine } from "../fake/fake-machine.ts";
import { Crash, FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { listKindStacks } from "../fake/kind-stacks.ts";
import { makeConsole } from "../fake/make-console.ts";
import { sysError } from "../fake/sys-error.ts";

const fault = fc.constantFrom(
  () => new Hang(),
  () => new Crash(),
  () => sysError("ioctl", "EIO"),
  () => sysError("ioctl", "EBUSY"),
  () => new Error("a bug"),
);

const stack = fc.constantFrom(...listKindStacks());
const drawn = fc.array(fc.option(fault), { minLength: 1, maxLength: 40 });

test("whichever calls fail together, taking down ends within the deadline without an exception", () => {
  fc.assert(
    fc.property(stack, drawn, ({ machine: make }, faults) => {
      const machine = make();
      let call = 0;
      machine.beforeCall = (made) => {
        // Made by PID 1 itself; it cannot block.
        if (made === "kill -1 SIGCONT") return;
        const makeError = faults[call % faults.length];
        call += 1;
        if (makeError != null) throw makeError();
      };
      const tasks = new FakeTasks();
      const { clock } = tasks;
      const ports: Ports = { reader: machine, kernel: machine, tasks, clock, onTick() {} };
      const limits = divideDeadline(90_000);
      const console = makeConsole(() => {});
      takeDown({ perspective: "exitrd" }, "poweroff", limits, ports, console);
      syncBounded(limits.verbAt - clock.now(), ports);
      expect(clock.now()).toBeLessThanOrEqual(limits.verbAt + 1_000);
    }),
  );
});

test("whenever no child can be started for two seconds, everything is released nevertheless", () => {
  /** Takes a machine down; the children from number `from` on cannot be started for `shortMs`. */
  const run = (machine: FakeMachine, from: number, shortMs: number) => {
    const tasks = new FakeTasks();
    const { clock } = tasks;
    const start = tasks.start.bind(tasks);
    let until: number | undefined;
    tasks.start = (action) => {
      if (tasks.started >= from) until ??= clock.now() + shortMs;
      if (until !== undefined && clock.now() < until) throw sysError("fork", "EAGAIN");
      return start(action);
    };
    const ports: Ports = { reader: machine, kernel: machine, tasks, clock, onTick() {} };
    const limits = divideDeadline(90_000);
    const console = makeConsole(() => {});
    const { left } = takeDown({ perspective: "exitrd" }, "poweroff", limits, ports, console);
    return { left, started: tasks.started };
  };
  for (const { name, machine: make } of listKindStacks()) {
    const clean = run(make(), 0, 0);
    // The first two kill the processes and observe. Without them, all processes are killed at once.
    for (let from = 2; from < clean.started; from++) {
      expect(run(make(), from, 2_000).left, `${name}, child ${from}`).toEqual(clean.left);
    }
  }
});
