import type { Step } from "../plan/step.ts";

/** `ZFS=`: what becomes of a ZFS pool once nothing uses it. */
export type ZfsPolicy =
  /** Its labels say "exported": any machine imports it without force. */
  | "export"
  /** As good, but the labels say nothing: only this machine imports it without force. */
  | "release"
  /** It stays imported, and so does what it lies on. */
  | "leave";

/** `Verify=`: whether an image has to be signed. */
export type VerifyPolicy =
  /** Nothing is loaded without a good signature. */
  | "require"
  /** A bad signature is refused; an image without one, or with a stranger's, is loaded. */
  | "prefer"
  /** Signatures are not looked at. */
  | "off";

/** `Measure=`: whether an image that cannot be measured is loaded. */
export type MeasurePolicy = "require" | "prefer" | "off";

/** `Seal=`: whether only an image that dm-verity checks may be loaded. */
export type SealPolicy = "no" | "verity";

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
