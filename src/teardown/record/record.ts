import type { Holder } from "../plan/outcome.ts";
import type { Verb } from "../verb.ts";

/**
 * How a shutdown went: *clean*: everything was released. *degraded*: something is left, but all
 * data was written. *failed*: data was lost, or may have been.
 */
export const VERDICTS = ["clean", "degraded", "failed"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One step on a layer of storage. Times in whole milliseconds; `startMs` since PID 1 started. */
export interface RecordedStep {
  /** "umount", "dm remove" */
  readonly act: string;
  readonly name: string;
  /** "ext4 on vg-root" */
  readonly what: string;
  readonly startMs: number;
  readonly tookMs: number;
  /** Why it failed; absent if it succeeded: "held by nfsd[812] (cwd)". */
  readonly failure?: string;
  /** Not all of its data could be written. */
  readonly isLost?: true;
}

/** A mount that is left. */
export interface RecordedMount {
  readonly name: string;
  readonly state: "read-only" | "shut down" | "writable";
  readonly isSynced: boolean;
  readonly holders: readonly Holder[];
  /** Kernel modules that may hold it. */
  readonly modules: readonly string[];
  /** Names of the layers on it. */
  readonly layers: readonly string[];
}

/** The results of the teardown. All names are byte strings. */
export interface Account {
  readonly steps: readonly RecordedStep[];
  /** The number of layers released, and the number of steps on layers in the first plan. */
  readonly layers: number;
  readonly planned: number;
  readonly mounts: readonly RecordedMount[];
  /** The names of all nodes that are left. */
  readonly left: readonly string[];
  /** The names of what stays by choice (ZFS=leave); absent if nothing does. */
  readonly kept?: readonly string[];
  /** Storage daemons and other processes that could not be killed. */
  readonly survivors: readonly string[];
  /** False if storage was released without a graph, because of a bug. */
  readonly isPlanned: boolean;
}

/** The whole record of a shutdown, as it is kept across the power-off. */
export interface ShutdownRecord extends Account {
  readonly format: 1;
  /**
   * Stands for the machine-id(5), which is confidential: systems that share a place are told apart by
   * it. Absent if it is unknown.
   */
  readonly machine?: string;
  readonly version: string;
  readonly kernel: string;
  readonly verb: Verb;
  readonly verdict: Verdict;
  /** From the pivot until the record was made. */
  readonly tookMs: number;
  /** Milliseconds since the epoch, by a clock that may be wrong. */
  readonly madeAt: number;
  /** Whether the last sync(2) returned in time. */
  readonly isSynced: boolean;
  /** The number of entries that did not fit. */
  readonly omitted: number;
}
