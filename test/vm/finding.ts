import type { FileSystemFinding } from "./inspect/inspect-disk.ts";
import type { TpmFinding } from "./inspect/inspect-tpm.ts";
import type { FoundRecord } from "./inspect/shutdown-record.ts";
import type { MachineRun } from "./machine/spec.ts";

/** Everything that was read from outside the machine after a run. */
export interface Finding {
  readonly run: MachineRun;
  readonly fileSystems: readonly FileSystemFinding[];
  readonly controller: ControllerFinding;
  /** Undefined if the stack has no LUKS. */
  readonly secrets: SecretsFinding | undefined;
  /** Undefined if none is in /boot. */
  readonly record: FoundRecord | undefined;
  /** Undefined if the machine has no TPM. */
  readonly tpm: TpmFinding | undefined;
}

export interface ControllerFinding {
  readonly shutDown: boolean;
  readonly writesAfterShutdown: number;
  /** Numbers of writes after the last flush: all, those without FUA, and those of unknown kind. */
  readonly writesAfterFlush: number;
  readonly notForced: number;
  readonly unknown: number;
}

export interface SecretsFinding {
  readonly firstHalf: number;
  readonly secondHalf: number;
  readonly passphrase: number;
}
