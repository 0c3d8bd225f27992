import type { MachineRun } from "../machine/spec.ts";
import type { Apart } from "./apart.ts";
import type { Verdict } from "./judge-stack.ts";
import { layStack } from "./lay-stack.ts";
import { prepareGround, runBatch } from "./run-batch.ts";
import { drawFaultyStacks, drawStacks, type Shrunk, shrinkStack } from "./shrink.ts";

type Say = (line: string) => void;

const BATCH = 100;

/** The number of stacks of a seed, and how many of them have faults. */
export interface FuzzPlan {
  readonly runs: number;
  readonly faulty: number;
  readonly seed: number;
}

// The seed of CI is fixed, so that only a change of the code can make it fail.
export const DEFAULT_PLAN: FuzzPlan = { runs: 50, faulty: 50, seed: 1 };

export interface FuzzReport {
  readonly passed: number;
  readonly failed: number;
  readonly notBuilt: number;
  /** The problems of each failed stack, by its number. */
  readonly failures: readonly string[];
  readonly facts: readonly string[];
  /** The last machine. */
  readonly run: MachineRun;
}

/**
 * Builds random stacks of the seed on a real kernel, lets the executor release each, and
 * returns the problems. The first failed stack is shrunk.
 */
export async function runFuzz(plan: FuzzPlan, say: Say): Promise<FuzzReport> {
  const { seed } = plan;
  const ground = await prepareGround(seed, say);
  const drawn = [...drawStacks(seed, plan.runs), ...drawFaultyStacks(seed, plan.faulty)];
  const runs = drawn.length;
  const verdicts: Verdict[] = [];
  let first: Shrunk | undefined;
  let run: MachineRun | undefined;
  say(`${plan.runs} stacks and ${plan.faulty} with faults, of seed ${seed}`);
  for (let from = 0; from < runs; from += BATCH) {
    const batch = drawn.slice(from, from + BATCH);
    const stacks = batch.map(layStack);
    run = await runBatch(stacks, ground, (index, verdict) => {
      verdicts.push(verdict);
      const [one, stack] = [batch[index], stacks[index]];
      if (one === undefined || stack === undefined) throw new Error(`no stack ${index}`);
      const { notBuilt, failures } = verdict;
      if (notBuilt !== undefined) say(`stack ${from + index} was not built: ${notBuilt}`);
      for (const failure of failures) say(`stack ${from + index}: ${failure}`);
      if (failures.length > 0) first ??= { drawn: one, stack, failures };
    });
    say(`${verdicts.length} of ${runs}: ${formatCounts(verdicts)}`);
  }
  if (run === undefined) throw new Error("no stack was run");
  if (first !== undefined) {
    const smallest = await shrinkStack(first, ground, say);
    for (const line of formatShrunk(smallest)) say(line);
  }
  return { ...countVerdicts(verdicts), ...tell(verdicts, seed), run };
}

function countVerdicts(verdicts: readonly Verdict[]) {
  const notBuilt = verdicts.filter((verdict) => verdict.notBuilt !== undefined).length;
  const failed = verdicts.filter(({ failures }) => failures.length > 0).length;
  return { passed: verdicts.length - notBuilt - failed, failed, notBuilt };
}

function formatCounts(verdicts: readonly Verdict[]): string {
  const { passed, failed, notBuilt } = countVerdicts(verdicts);
  return `${passed} passed, ${failed} failed, ${notBuilt} not built`;
}

function tell(verdicts: readonly Verdict[], seed: number): Pick<FuzzReport, "failures" | "facts"> {
  const failures = verdicts.flatMap(({ failures: found }, index) =>
    found.map((failure) => `stack ${index} of seed ${seed}: ${failure}`),
  );
  const seconds = verdicts.reduce((sum, verdict) => sum + verdict.seconds, 0);
  const each = (seconds / Math.max(1, verdicts.length)).toFixed(1);
  return {
    failures,
    facts: [
      `seed ${seed}: ${formatCounts(verdicts)}, ${each} s a stack`,
      ...formatTimes(verdicts.flatMap(({ aparts }) => aparts)),
      ...formatFaults(verdicts),
    ],
  };
}

/** How often each kind of fault occurred, and the time of the longest teardown with it. */
function formatFaults(verdicts: readonly Verdict[]): readonly string[] {
  const times = new Map<string, number[]>();
  for (const { faults, aparts, notBuilt } of verdicts) {
    for (const name of notBuilt === undefined ? faults : []) {
      times.set(name, [...(times.get(name) ?? []), aparts[0]?.tookMs ?? Number.NaN]);
    }
  }
  return [...times].map(([name, all]) => {
    const longest = (Math.max(...all) / 1000).toFixed(1);
    return `${name}: ${all.length}, the longest took ${longest} s`;
  });
}

const STEPS_A_ROW = 10;

/** The time per step, by the number of steps of the teardown. */
function formatTimes(aparts: readonly Apart[]): readonly string[] {
  const rows = new Map<number, Apart[]>();
  for (const apart of aparts) {
    const row = Math.floor(apart.steps / STEPS_A_ROW);
    rows.set(row, [...(rows.get(row) ?? []), apart]);
  }
  return [...rows.keys()]
    .sort((a, b) => a - b)
    .map((row) => {
      const those = rows.get(row) ?? [];
      const steps = those.reduce((sum, apart) => sum + apart.steps, 0);
      const tookMs = those.reduce((sum, apart) => sum + apart.tookMs, 0);
      const range = `${row * STEPS_A_ROW} to ${(row + 1) * STEPS_A_ROW - 1} steps`;
      const average = (tookMs / those.length).toFixed(0);
      const perStep = (tookMs / Math.max(1, steps)).toFixed(1);
      return `${range}: ${those.length} teardowns, ${average} ms each, ${perStep} ms a step`;
    });
}

function formatShrunk({ drawn, stack, failures }: Shrunk): readonly string[] {
  return [
    "the smallest stack that fails:",
    ...stack.build.split("\n").map((line) => `  ${line}`),
    ...(stack.faults?.inject ?? "").split("\n").map((line) => `  ${line}`),
    ...(stack.held === undefined ? [] : [`  held: ${stack.held}`]),
    ...(stack.workedIn.length === 0 ? [] : [`  worked in: ${stack.workedIn.join(" ")}`]),
    ...failures.map((failure) => `  ${failure}`),
    `  drawn: ${JSON.stringify(drawn)}`,
  ];
}
