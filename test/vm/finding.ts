import type { FileSystemFinding } from "./inspect/inspect-disk.ts";
import type { TpmFinding } from "./inspect/inspect-tpm.ts";
import type { MachineRun } from "./machine/spec.ts";

/** Everything that was read from outside after a run. */
export interface Finding {
  readonly run: MachineRun;
  readonly fileSystems: readonly FileSystemFinding[];
  readonly controller: ControllerFinding;
  /** Undefined where the stack has no LUKS. */
  readonly secrets: SecretsFinding | undefined;
  /** Undefined where the machine has no TPM. */
  readonly tpm: TpmFinding | undefined;
}

export interface ControllerFinding {
  readonly shutDown: boolean;
  readonly writesAfterShutdown: number;
  /** Writes after the last flush, of these without FUA, and of unknown kind. */
  readonly writesAfterFlush: number;
  readonly notForced: number;
  readonly unknown: number;
}

export interface SecretsFinding {
  readonly firstHalf: number;
  readonly secondHalf: number;
  readonly passphrase: number;
}
