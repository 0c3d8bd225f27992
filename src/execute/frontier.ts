import type { Plan } from "../teardown/plan/plan.ts";

/** The steps of a plan that may start, because every step before them has released its node. */
export interface Frontier {
  /** The index of the next step that may start; undefined if there is none at the moment. */
  take(): number | undefined;
  /** Records that a step has released its node. */
  release(index: number): void;
}

export function createFrontier({ steps }: Plan): Frontier {
  const missing = steps.map(({ after }) => after.length);
  const followers: number[][] = steps.map(() => []);
  steps.forEach(({ after }, index) => {
    for (const earlier of after) followers[earlier]?.push(index);
  });
  const ready = [...missing.keys()].filter((index) => missing[index] === 0);
  let next = 0;
  return {
    take() {
      const index = ready[next];
      if (index !== undefined) next += 1;
      return index;
    },
    release(index) {
      for (const follower of followers[index] ?? []) {
        const left = (missing[follower] ?? 0) - 1;
        missing[follower] = left;
        if (left === 0) ready.push(follower);
      }
    },
  };
}
