import type { SettingTable } from "./setting.ts";
import { stepLimits } from "./step-limits.ts";
import { timeSpan } from "./value-forms.ts";

/** How long things may take. */
export const deadlineSettings = {
  timeoutMs: {
    key: "Timeout",
    ...timeSpan,
    parameter: "exitrd.timeout",
    byDefault: "what *systemd* says (_DefaultTimeoutStopSec=_, 90 s)",
    manual: `
The deadline for everything, from the pivot to *reboot*(2). Four fifths of it, or
all but 15 s where that is more, are for releasing the storage; the rest is for
saving what could not be released.
`,
  },
  stepLimits: {
    key: "StepTimeout",
    ...stepLimits,
    byDefault: "the limits above",
    manual: `
How long one step of a kind may take, as a list of _KIND_:_SPAN_:

	StepTimeout=umount:60s dm-remove:20s

The kinds are *umount* and *swapoff* (60 s), *bcache-stop*, *zpool-export* (60 s),
*mdmon-end*, *md-stop*, *drbd-down*, *session-close* (30 s), *dm-remove* (20 s,
60 s for a cache to be written back), *dm-unblock*, *bcache-set-stop*,
*nbd-disconnect*, *process-end*, *zram-reset* and *loop-detach* (20 s). Several
assignments add up. A step that exceeds its limit is left behind, with
what it lies on. The limit of an unmount that waits for a server (20 s), or for
nothing (10 s), can only be lowered, and bcache writes back for 40 s at most. An
unmount is given more time for as long as the machine is seen to write data
out. The total deadline always comes first.
`,
  },
  hookTimeoutMs: {
    key: "HookTimeout",
    ...timeSpan,
    byDefault: "10 s",
    manual: `
How long one hook may take, at one stage.
`,
  },
} satisfies Partial<SettingTable>;
