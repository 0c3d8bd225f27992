import { STEP_NAMES, type Step, stepKindOf } from "../../kinds/kinds.ts";

const WIDTH = 80;

/** An item for each default limit, the longest first: "- 60 s: *umount*, *swapoff*". */
export function listStepLimits(): string {
  const limits = new Map(STEP_NAMES.map((kind) => [kind, usualLimitMs(kind)]));
  const different = [...new Set(limits.values())].sort((a, b) => b - a);
  const items = different.map((limitMs) => {
    const kinds = STEP_NAMES.filter((kind) => limits.get(kind) === limitMs);
    return wrapItem(`- ${limitMs / 1000} s: ${kinds.map((kind) => `*${kind}*`).join(", ")}`);
  });
  return items.join("\n");
}

/** The limit of a step without a server and without data to write back. */
function usualLimitMs(kind: Step["kind"]): number {
  // The other fields of steps make no difference to any limit.
  const step = { kind, served: false, lazy: false, messages: [] } as unknown as Step;
  return stepKindOf(step).limitMs(step);
}

/** Further lines are indented by the width of "- ", which scdoc takes for the same item. */
function wrapItem(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > WIDTH) lines.push(line);
    line = longer.length > WIDTH ? `  ${word}` : longer;
  }
  return [...lines, line].join("\n");
}
