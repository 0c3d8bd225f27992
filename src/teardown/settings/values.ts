import type { Step } from "../../kinds/kinds.ts";
import type {
  MeasurePolicy,
  RecordStore,
  SealPolicy,
  VerifyPolicy,
  ZfsPolicy,
} from "../../text/policies.ts";

/** How long a step of each kind may take, in milliseconds; absent kinds have their default. */
export type StepLimits = ReadonlyMap<Step["kind"], number>;

/** The settings of exitrd.conf(5) and the kernel command line. Absent means the default. */
export interface Settings {
  /** The total deadline. */
  readonly timeoutMs?: number;
  readonly stepLimits?: StepLimits;
  /** For each hook separately. */
  readonly hookTimeoutMs?: number;
  /** syslog(3). */
  readonly logLevel?: number;
  readonly zfs?: ZfsPolicy;
  /** Whether sysrq-b may be used if reboot(2) fails. */
  readonly sysRq?: boolean;
  /** Whether free memory is erased before the verb. */
  readonly wipe?: boolean;
  /** The timeout in milliseconds for every verb; if absent, as armed by systemd. */
  readonly watchdog?: "off" | number;
  readonly haltWatchdog?: "disarm" | "keep";
  /** Where the record may be kept; empty for "off". All places by default. */
  readonly record?: readonly RecordStore[];
  /** When init hands over to exitrd. */
  readonly enter?: "pivot" | "early";
  /** For the loader. */
  readonly verify?: VerifyPolicy;
  readonly measure?: MeasurePolicy;
  readonly seal?: SealPolicy;
  readonly imagePcr?: number;
  readonly extensionPcr?: number;
}

export const DEFAULT_HOOK_TIMEOUT_MS = 10_000;
