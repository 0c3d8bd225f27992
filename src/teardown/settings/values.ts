import type { Step } from "../../kinds/kinds.ts";
import type { MeasurePolicy, SealPolicy, VerifyPolicy, ZfsPolicy } from "../../text/policies.ts";

/** How long a step of each kind may take, in milliseconds; absent kinds have their default. */
export type StepLimits = ReadonlyMap<Step["kind"], number>;

/** What exitrd.conf(5) and the kernel command line set. Absent means: the default. */
export interface Settings {
  /** The one deadline for everything. */
  readonly timeoutMs?: number;
  readonly stepLimits?: StepLimits;
  /** For each hook by itself. */
  readonly hookTimeoutMs?: number;
  /** syslog(3). */
  readonly logLevel?: number;
  readonly zfs?: ZfsPolicy;
  /** Whether sysrq-b may end what nothing else does. */
  readonly sysRq?: boolean;
  /** Whether free memory is erased before the verb. */
  readonly wipe?: boolean;
  /** Milliseconds to arm it with for every verb; absent leaves it as systemd armed it. */
  readonly watchdog?: "off" | number;
  readonly haltWatchdog?: "disarm" | "keep";
  /** For the loader. */
  readonly verify?: VerifyPolicy;
  readonly measure?: MeasurePolicy;
  readonly seal?: SealPolicy;
  readonly imagePcr?: number;
  readonly extensionPcr?: number;
}

export const DEFAULT_HOOK_TIMEOUT_MS = 10_000;
