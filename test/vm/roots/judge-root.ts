import type { Equipment } from "../case.ts";
import { judgeChecked } from "../checked.ts";
import type { MachineRun } from "../machine/spec.ts";
import type { RootStack } from "./root-stack.ts";
import type { RootFinding } from "./run-root.ts";

/** Returns one sentence for each difference from the expectations. */
export function judgeRoot(
  stack: RootStack,
  equipment: Equipment,
  { run, facts }: RootFinding,
): readonly string[] {
  const expected = equipment === "exitrd" ? stack.factsWithExitrd : stack.factsWithout;
  return [
    ...(run.ending === "poweroff" ? [] : [`ended by ${run.ending}`]),
    ...(equipment === "exitrd"
      ? judgeConsole(
          stack,
          run.console.map(({ text }) => text),
        )
      : []),
    ...(equipment === "exitrd" ? judgeChecked(run.output, stack.findings ?? []) : []),
    ...judgeTime(stack, run),
    ...expected.filter((fact) => !facts.includes(fact)).map((fact) => `not found: ${fact}`),
    ...facts.filter((fact) => !expected.includes(fact)).map((fact) => `found: ${fact}`),
  ];
}

function judgeTime(
  { limitSeconds }: RootStack,
  { console, seconds }: MachineRun,
): readonly string[] {
  if (limitSeconds === undefined) return [];
  const began = console.find(({ text }) => text.includes("exitrd: "))?.at ?? 0;
  const took = seconds - began;
  return took <= limitSeconds ? [] : [`took ${took.toFixed(1)} s from exitrd's first line`];
}

/**
 * Checks that every layer was released in order at the first attempt: failures print "cannot"
 * lines.
 */
function judgeConsole(stack: RootStack, lines: readonly string[]): readonly string[] {
  const ours = lines.filter((line) => line.includes("exitrd: "));
  const failures: string[] = [];
  let from = 0;
  for (const step of [...stack.steps, stack.left ?? /nothing left; poweroff/]) {
    const at = ours.findIndex((line, index) => index >= from && step.test(line));
    if (at === -1) failures.push(`no console line matches ${step}, in this order`);
    else from = at + 1;
  }
  if (stack.left !== undefined) return failures;
  const refused = ours.find((line) => /cannot|still/.test(line));
  return refused === undefined ? failures : [...failures, `not at the first attempt: ${refused}`];
}
