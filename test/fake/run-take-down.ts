import { divideDeadline } from "../../src/execute/deadline/limits.ts";
import type { Ports } from "../../src/execute/ports.ts";
import { takeDown } from "../../src/execute/take-down.ts";
import type { StepLimits } from "../../src/teardown/settings/values.ts";
import type { FakeMachine } from "./fake-machine.ts";
import { FakeTasks } from "./fake-tasks.ts";
import { makeConsole } from "./make-console.ts";

/**
 * Releases the storage of a machine in memory. The limit is in milliseconds of the machine's own
 * clock.
 */
export function runTakeDown(
  machine: FakeMachine,
  totalMs = 90_000,
  steps: StepLimits = new Map(),
  beforeSteps = () => false,
) {
  const tasks = new FakeTasks();
  const ports: Ports = { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} };
  const lines: string[] = [];
  const say = (line: string): void => {
    lines.push(line);
  };
  const limits = divideDeadline(totalMs, steps);
  const shown: string[] = [];
  const console = makeConsole(say, (line) => shown.push(line));
  const policy = { perspective: "exitrd" } as const;
  const result = takeDown(policy, "poweroff", limits, ports, console, beforeSteps);
  return { ...result, lines, shown, tasks };
}

/** Makes one or several calls always fail. */
export function failOn(
  machine: FakeMachine,
  calls: string | readonly string[],
  makeError: () => Error,
): void {
  machine.beforeCall = (made) => {
    if (typeof calls === "string" ? made === calls : calls.includes(made)) throw makeError();
  };
}
