import type { SettingTable } from "./setting.ts";
import { stepLimits } from "./step-limits.ts";
import { timeSpan } from "./value-forms.ts";

/** Timeouts. */
export const deadlineSettings = {
  timeoutMs: {
    key: "Timeout",
    ...timeSpan,
    parameter: "exitrd.timeout",
  },
  stepLimits: {
    key: "StepTimeout",
    ...stepLimits,
  },
  hookTimeoutMs: {
    key: "HookTimeout",
    ...timeSpan,
  },
} satisfies Partial<SettingTable>;
