import fc from "fast-check";
import { expect, test } from "vitest";
import { divideDeadline } from "../../src/execute/deadline/limits.ts";
import { syncBounded } from "../../src/execute/left/sync-bounded.ts";
import type { Ports } from "../../src/execute/ports.ts";
import { takeDown } from "../../src/execute/take-down.ts";
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
