import type { Suite } from "./build/suites.ts";
import type { Answer, Ending } from "./machine/spec.ts";
import type { StackName } from "./stacks/image.ts";

/** What is installed in the guest. */
export type Equipment = "without exitrd" | "exitrd";

/** A run of a guest, and the expected findings. Absent means: not asserted. */
export interface Case {
  readonly name: string;
  readonly stack: StackName;
  /** "bookworm" where it is absent. */
  readonly suite?: Suite;
  readonly equipment: Equipment;
  /** Bash, run in the guest; ends with the verb under test. */
  readonly script: string;
  /** Names of the files of `case-files.ts` that lie beside the script. */
  readonly files?: readonly string[];
  readonly extraCommandLine?: string;
  readonly cutAt?: string;
  readonly hasWatchdog?: boolean;
  readonly haltedSeconds?: number;
  readonly answers?: readonly Answer[];
  readonly hasTpm?: boolean;
  readonly limitSeconds: number;
  readonly expect: Expectations;
}

export interface Expectations {
  readonly ending: Ending;
  /** All clean, or the one with this name left in need of recovery. */
  readonly fileSystems?: "clean" | { readonly needsRecovery: string };
  /** The last that the NVMe controller heard was CC.SHN, with no write after it. */
  readonly controllerShutDown?: boolean;
  /** Halves of the LUKS volume key in the guest's RAM. */
  readonly volumeKey?: "absent" | "present";
  readonly passphrase?: "absent" | "present";
  /**
   * So many are in the event log, the first image is the package's, and all together
   * they give the values that the TPM has.
   */
  readonly measured?: { readonly images: number; readonly extensions: number };
  /** Each must match some line of the console, in this order. */
  readonly console?: readonly RegExp[];
  /** None may match any line of the console. */
  readonly consoleNever?: readonly RegExp[];
  /** Each must match some line that the script printed, in this order. */
  readonly output?: readonly RegExp[];
  readonly outputNever?: readonly RegExp[];
}
