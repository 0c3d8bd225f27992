import fc from "fast-check";
import { type DrawnStack, drawnFaultyStack, drawnStack } from "./drawn-stack.ts";
import { layStack, type Stack } from "./lay-stack.ts";
import { type Ground, runBatch } from "./run-batch.ts";

const ROUNDS = 8;
const CANDIDATES_A_ROUND = 24;
// No round starts after this time: a stack that hangs takes minutes each time.
const LIMIT_MS = 5 * 60_000;

export interface Shrunk {
  readonly drawn: DrawnStack;
  readonly stack: Stack;
  readonly failures: readonly string[];
}

/** Searches for a smaller stack that also fails. Each round tries several stacks in one machine. */
export async function shrinkStack(
  found: Shrunk,
  ground: Ground,
  say: (line: string) => void,
): Promise<Shrunk> {
  let best = found;
  const until = Date.now() + LIMIT_MS;
  for (let round = 1; round <= ROUNDS && Date.now() < until; round++) {
    const candidates = listSmaller(best.drawn);
    if (candidates.length === 0) return best;
    const failing: Shrunk[] = [];
    await runBatch(
      candidates.map(({ stack }) => stack),
      ground,
      (index, { failures }) => {
        const candidate = candidates[index];
        if (candidate !== undefined && failures.length > 0)
          failing.push({ ...candidate, failures });
      },
    );
    say(`shrinking, round ${round}: ${failing.length} of ${candidates.length} fail`);
    const smallest = failing.reduce<Shrunk | undefined>(
      (a, b) => (a === undefined || sizeOf(b.stack) < sizeOf(a.stack) ? b : a),
      undefined,
    );
    if (smallest === undefined) return best;
    best = smallest;
  }
  return best;
}

type Candidate = Omit<Shrunk, "failures">;

/**
 * First the stacks with one layer less, then those that fast-check proposes, without duplicates.
 */
function listSmaller(drawn: DrawnStack): readonly Candidate[] {
  const { layers } = drawn;
  const halves = [layers.slice(0, layers.length / 2), layers.slice(layers.length / 2)];
  const without = layers.map((_, index) => layers.filter((_, other) => other !== index));
  const cut = [...halves, ...without]
    .filter((left) => left.length > 0)
    .map((left) => ({ ...drawn, layers: left }));
  const arbitrary = drawn.faults === undefined ? drawnStack : drawnFaultyStack;
  const shrunk = [...arbitrary.shrink(drawn, undefined).take(CANDIDATES_A_ROUND)];
  const seen = new Set([keyOf(layStack(drawn))]);
  const candidates: Candidate[] = [];
  for (const smaller of [...cut, ...shrunk.map(({ value }) => value)]) {
    const stack = layStack(smaller);
    if (seen.has(keyOf(stack)) || sizeOf(stack) > sizeOf(layStack(drawn))) continue;
    seen.add(keyOf(stack));
    candidates.push({ drawn: smaller, stack });
  }
  return candidates.slice(0, CANDIDATES_A_ROUND);
}

function keyOf(stack: Stack): string {
  const { build, again, held, workedIn, faults } = stack;
  return JSON.stringify([build, again, held, workedIn, faults?.inject, faults?.frozenIn]);
}

function sizeOf(stack: Stack): number {
  const { inject = "" } = stack.faults ?? {};
  return (
    stack.build.length + inject.length + (stack.held ?? "").length + stack.workedIn.join("").length
  );
}

/** The stacks of a seed; deterministic. */
export function drawStacks(seed: number, count: number): readonly DrawnStack[] {
  return fc.sample(drawnStack, { seed, numRuns: count });
}

/** The same, with faults in each. */
export function drawFaultyStacks(seed: number, count: number): readonly DrawnStack[] {
  return fc.sample(drawnFaultyStack, { seed, numRuns: count });
}
