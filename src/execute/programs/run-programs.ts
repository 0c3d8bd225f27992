import { runTasks, type TaskOutcome, type TaskPorts } from "../../observe/run-task.ts";
import type { Programs, Reader } from "../../port/teardown.ts";
import type { ProgramEnd } from "../../teardown/report/program-end.ts";

/** The ports for running programs of the image. */
export interface ProgramPorts extends TaskPorts {
  readonly reader: Reader;
  readonly programs: Programs;
}

// Extra time, beyond the program's own limit, for the child that waits for it.
const MARGIN_MS = 500;

// Below that much time a program is not begun.
const SHORTEST_MS = 500;

/** The time limits of programs of the image. */
export interface ProgramLimits {
  /** For one of them. */
  readonly eachMs: number;
  /** For all of them, a moment of the clock. */
  readonly until: number;
}

/** How long one that begins now may take; undefined where it is too late. */
export function findLimitMs(
  { eachMs, until }: ProgramLimits,
  { clock }: ProgramPorts,
): number | undefined {
  const limitMs = Math.min(eachMs, until - MARGIN_MS - clock.now());
  return limitMs < SHORTEST_MS ? undefined : Math.floor(limitMs);
}

/**
 * Runs programs side by side, each `limitMs` at most and under a child of ours
 * that waits for it: PID 1 waits for that child only, half a second longer, and
 * leaves it behind if it has to.
 */
export function runPrograms(
  paths: readonly string[],
  args: readonly string[],
  limitMs: number,
  ports: ProgramPorts,
): readonly ProgramEnd[] {
  const { programs } = ports;
  const actions = paths.map((path) => () => JSON.stringify(programs.run(path, args, limitMs)));
  const outcomes = runTasks(actions, limitMs + MARGIN_MS, ports);
  return outcomes.map((outcome) => readProgramEnd(outcome, limitMs));
}

export function readProgramEnd(outcome: TaskOutcome, limitMs: number): ProgramEnd {
  switch (outcome.kind) {
    case "done":
      // Our own child wrote it.
      return JSON.parse(outcome.output) as ProgramEnd;
    case "error":
      return { kind: "error", words: outcome.words };
    case "crashed":
      return { kind: "killed", signal: outcome.signal };
    case "hung":
      return { kind: "hung", limitMs };
  }
}
