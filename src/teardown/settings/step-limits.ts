import { STEP_NAMES, type Step } from "../../kinds/kinds.ts";
import { findClosest } from "../../text/closest-word.ts";
import { quote } from "../../text/show-bytes.ts";
import { splitWords } from "../../text/words.ts";
import type { ValueForm } from "./setting.ts";
import { timeSpan } from "./value-forms.ts";
import type { StepLimits } from "./values.ts";

/** "umount:60s dm-remove:20s": added to the previous limits, unless any part is invalid. */
export const stepLimits: ValueForm<StepLimits> = {
  read: (text, before) => {
    const limits = new Map(before);
    for (const word of splitWords(text)) {
      const colon = word.indexOf(":");
      const kind = word.slice(0, Math.max(0, colon));
      const limitMs = timeSpan.read(word.slice(colon + 1), undefined);
      if (!isStepKind(kind) || limitMs === undefined) return undefined;
      limits.set(kind, limitMs);
    }
    return limits;
  },
  format: (limits) => {
    const sorted = [...limits].sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.map(([kind, limitMs]) => `${kind}:${timeSpan.format(limitMs)}`).join(" ");
  },
  explain: (text) => {
    const isUnknown = (word: string) => !isStepKind(word.slice(0, word.indexOf(":")));
    const word = splitWords(text).find((each) => each.indexOf(":") > 0 && isUnknown(each));
    if (word === undefined) return undefined;
    const kind = word.split(":")[0] ?? "";
    const closest = findClosest(kind, STEP_NAMES);
    const cure = closest === undefined ? "see exitrd.conf(5)" : `did you mean ${quote(closest)}?`;
    return `unknown kind of step ${quote(kind)} (${cure})`;
  },
  wanted: `KIND:SPAN with ${timeSpan.wanted}, as in umount:60s`,
};

function isStepKind(text: string): text is Step["kind"] {
  return (STEP_NAMES as readonly string[]).includes(text);
}
