import type { ShutdownRecord, Verdict } from "../teardown/record/record.ts";

/** How a boot ended, as far as the next one can know. */
export type Ending =
  /** According to exitrd's own record. */
  | Verdict
  /**
   * The shutdown began normally and exitrd was loaded, but no place could take a record, or it is
   * gone: the place was not found at the next boot, or another system has used it since.
   */
  | "unrecorded"
  /** The shutdown began normally, but exitrd was not loaded. */
  | "no-exitrd"
  /**
   * The shutdown began normally but left no complete record in its place: the power was cut or a
   * reset forced.
   */
  | "interrupted"
  /** The machine was not shut down. */
  | "power-lost"
  /** The watchdog reports that it reset the machine, which was running or shutting down. */
  | "watchdog"
  /** The kernel left a crash dump in pstore. */
  | "crashed"
  /** The boot left no mark; the mark that was found is from an earlier boot. */
  | "unknown";

export const ENDINGS: readonly Ending[] = [
  "clean",
  "degraded",
  "failed",
  "unrecorded",
  "no-exitrd",
  "interrupted",
  "power-lost",
  "watchdog",
  "crashed",
  "unknown",
];

/** Whether data may be lost, or disks may have lost power without notice. */
export function isUnclean(ending: Ending): boolean {
  return !["clean", "unrecorded", "no-exitrd", "unknown"].includes(ending);
}

/** Whether the shutdown was clean; undefined if that is not known. */
export function isClean(ending: Ending): boolean | undefined {
  if (ending === "clean") return true;
  return isUnclean(ending) ? false : undefined;
}

/** One drive's own count of power cuts without notice. */
export interface DriveCount {
  readonly serial: string;
  readonly model: string;
  /** The kernel's name, which may differ at the next boot. */
  readonly name: string;
  readonly unsafe: number;
}

/** What a boot stores about itself on the root file system, for the next one. */
export interface Mark {
  readonly format: 1;
  /** See machine-id(5); another one after a boot from a copy of the disk. Absent if unknown. */
  readonly machineId?: string;
  readonly bootId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly version: string;
  /** Where the record goes; "" if no place can take it. */
  readonly place: string;
  readonly drives: readonly DriveCount[];
  /** The nonce of that place, and the sequence number that the record gets; absent without one. */
  readonly nonce?: string;
  readonly sequence?: number;
  /** A slot of the place was already torn at boot. */
  readonly isTorn?: true;
  /** The names of the crash dumps already in pstore. */
  readonly crashes: readonly string[];
  /** The SHA-256 of each of them; absent in marks of earlier versions. */
  readonly crashDigests?: readonly string[];
  /** The same of dumps that cannot be decoded; absent if there are none. */
  readonly unreadable?: readonly string[];
  /** Set when the shutdown begins; absent if it never began. */
  readonly stoppedAt?: number;
  /** Whether exitrd was loaded then. */
  readonly isLoaded?: boolean;
  /** The loaded image, if there was one. */
  readonly image?: string;
  readonly signer?: string;
}

/** One drive's counts, before a shutdown and after it. */
export interface DriveChange {
  readonly serial: string;
  readonly model: string;
  readonly before: number;
  readonly after: number;
}

/** How one boot ended: an entry of the history. */
export interface Report {
  readonly format: 1;
  readonly ending: Ending;
  readonly bootId: string;
  /** Absent where the boot left no mark. */
  readonly startedAt?: number;
  readonly stoppedAt?: number;
  readonly importedAt: number;
  readonly record?: ShutdownRecord;
  /** Where the record was. */
  readonly place: string;
  /** A record was begun but not finished. */
  readonly isTorn?: true;
  readonly crashes: readonly string[];
  /** Dumps that cannot be decoded, which prove nothing; absent if there are none. */
  readonly unreadable?: readonly string[];
  readonly drives: readonly DriveChange[];
  readonly image?: string;
  readonly signer?: string;
}
