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

// With less time than this, a program is not started.
const SHORTEST_MS = 500;

/** The time limits of programs of the image. */
export interface ProgramLimits {
  /** For each program. */
  readonly eachMs: number;
  /** For all programs, in milliseconds of the clock. */
  readonly until: number;
}

/** Returns how long a program that starts now may take; undefined if it is too late. */
export function findLimitMs(
  { eachMs, until }: ProgramLimits,
  { clock }: ProgramPorts,
): number | undefined {
  const limitMs = Math.min(eachMs, until - MARGIN_MS - clock.now());
  return limitMs < SHORTEST_MS ? undefined : Math.floor(limitMs);
}

/**
 * Runs programs in parallel, each for `limitMs` at most, and each in a child of ours that waits for
 * it. PID 1 waits only for these children, half a second longer, and abandons them if necessary.
 */
export function runPrograms(
  paths: readonly string[],
  args: readonly string[],
  limitMs: number,
  ports: ProgramPorts,
  root?: string,
): readonly ProgramEnd[] {
  const { programs } = ports;
  const actions = paths.map(
    (path) => () => JSON.stringify(programs.run(path, args, limitMs, root)),
  );
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
