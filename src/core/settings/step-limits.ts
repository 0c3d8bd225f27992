import { splitWords } from "../parse/words.ts";
import type { Step } from "../plan/step.ts";
import type { ValueForm } from "./setting.ts";
import { timeSpan } from "./value-forms.ts";
import type { StepLimits } from "./values.ts";

// A record, so that tsc reports a new kind that is missing here.
const KINDS: Readonly<Record<Step["kind"], true>> = {
  umount: true,
  swapoff: true,
  "loop-detach": true,
  "bcache-stop": true,
  "bcache-set-stop": true,
  "nbd-disconnect": true,
  "zram-reset": true,
  "dm-remove": true,
  "dm-unblock": true,
  "mdmon-end": true,
  "process-end": true,
  "md-stop": true,
  "drbd-down": true,
  "session-close": true,
  "zpool-export": true,
};

/** What StepTimeout= can name. */
export const STEP_KINDS: readonly string[] = Object.keys(KINDS);

/** "umount:60s dm-remove:20s": added to the limits before it, unless any part is wrong. */
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
  wanted: `KIND:SPAN with ${timeSpan.wanted}, as in umount:60s`,
};

function isStepKind(text: string): text is Step["kind"] {
  return STEP_KINDS.includes(text);
}
