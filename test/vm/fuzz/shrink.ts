import fc from "fast-check";
import { type DrawnStack, drawnStack } from "./drawn-stack.ts";
import { layStack, type Stack } from "./lay-stack.ts";
import { type Ground, runBatch } from "./run-batch.ts";

const ROUNDS = 8;
const CANDIDATES_A_ROUND = 24;
// No round begins after it: a stack that hangs costs minutes each time.
const LIMIT_MS = 5 * 60_000;

export interface Shrunk {
  readonly drawn: DrawnStack;
  readonly stack: Stack;
  readonly failures: readonly string[];
}

/** Looks for a smaller stack that fails too: in each round some at once, in one machine. */
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

/** First those without one of the layers, then what fast-check thinks of; none twice. */
function listSmaller(drawn: DrawnStack): readonly Candidate[] {
  const { layers } = drawn;
  const halves = [layers.slice(0, layers.length / 2), layers.slice(layers.length / 2)];
  const without = layers.map((_, index) => layers.filter((_, other) => other !== index));
  const cut = [...halves, ...without]
    .filter((left) => left.length > 0)
    .map((left) => ({ ...drawn, layers: left }));
  const shrunk = [...drawnStack.shrink(drawn, undefined).take(CANDIDATES_A_ROUND)];
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
  return JSON.stringify(stack);
}

function sizeOf(stack: Stack): number {
  return stack.build.length + (stack.held ?? "").length + stack.workedIn.join("").length;
}

/** The stacks of a seed, the same each time. */
export function drawStacks(seed: number, count: number): readonly DrawnStack[] {
  return fc.sample(drawnStack, { seed, numRuns: count });
}
