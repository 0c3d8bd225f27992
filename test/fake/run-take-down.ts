import { divideDeadline } from "../../src/execute/deadline/limits.ts";
import type { Ports } from "../../src/execute/ports.ts";
import { takeDown } from "../../src/execute/take-down.ts";
import type { StepLimits } from "../../src/teardown/settings/values.ts";
import type { FakeMachine } from "./fake-machine.ts";
import { FakeTasks } from "./fake-tasks.ts";

/** Takes a machine in memory down, in so many milliseconds of its own clock at most. */
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
  const console = { info: say, warn: say };
  const policy = { perspective: "exitrd" } as const;
  const result = takeDown(policy, "poweroff", limits, ports, console, beforeSteps);
  return { ...result, lines, tasks };
}

/** Makes a call, or each of several, fail whenever it is made. */
export function failOn(
  machine: FakeMachine,
  calls: string | readonly string[],
  makeError: () => Error,
): void {
  machine.beforeCall = (made) => {
    if (typeof calls === "string" ? made === calls : calls.includes(made)) throw makeError();
  };
}
