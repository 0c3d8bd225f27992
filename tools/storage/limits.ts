import type { StepDocs } from "../../src/kinds/kind-docs.ts";
import { type Step, stepKindOf } from "../../src/kinds/kinds.ts";

/** How long a step may take, in words. */
export function describeLimits({ step, variants = [] }: StepDocs): string {
  const usual = makeStep(step, {});
  const { settleMs, followsProgress } = stepKindOf(usual);
  const parts = [
    `at most ${readLimit(usual)}`,
    ...variants.map(({ when, fields }) => `${readLimit(makeStep(step, fields))} ${when}`),
    ...(settleMs > 0 ? [`then up to ${formatMs(settleMs)} until it is seen to be gone`] : []),
    ...(followsProgress ? ["longer while data moves below it"] : []),
  ];
  return parts.join("; ");
}

/** The usual limit, and that of each variant. */
export function listLimits({ step, variants = [] }: StepDocs): string {
  const steps = [{}, ...variants.map(({ fields }) => fields)].map((fields) =>
    makeStep(step, fields),
  );
  return steps.map(readLimit).join(", ");
}

function readLimit(step: Step): string {
  return formatMs(stepKindOf(step).limitMs(step));
}

/** A step with the fields that limits depend on, and no others. */
function makeStep(kind: Step["kind"], fields: object): Step {
  const usual = { served: false, lazy: false, messages: [] };
  return { kind, ...usual, ...fields } as unknown as Step;
}

function formatMs(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000} s` : `${milliseconds} ms`;
}
