import type { Equipment } from "../case.ts";
import type { RootStack } from "./root-stack.ts";
import type { RootFinding } from "./run-root.ts";

/** One sentence for each difference from what is expected. */
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
    ...expected.filter((fact) => !facts.includes(fact)).map((fact) => `not found: ${fact}`),
    ...facts.filter((fact) => !expected.includes(fact)).map((fact) => `found: ${fact}`),
  ];
}

/** Every layer in its order, at the first attempt: a refusal would be a "cannot" line. */
function judgeConsole(stack: RootStack, lines: readonly string[]): readonly string[] {
  const ours = lines.filter((line) => line.includes("exitrd: "));
  const failures: string[] = [];
  let from = 0;
  for (const step of [...stack.steps, /nothing left; poweroff/]) {
    const at = ours.findIndex((line, index) => index >= from && step.test(line));
    if (at === -1) failures.push(`no console line matches ${step}, in this order`);
    else from = at + 1;
  }
  const refused = ours.find((line) => /cannot|still/.test(line));
  return refused === undefined ? failures : [...failures, `not at the first attempt: ${refused}`];
}
