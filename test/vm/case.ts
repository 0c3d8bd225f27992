import type { Verdict } from "../../src/teardown/record/record.ts";
import type { Suite } from "./build/suites.ts";
import type { Answer, Ending } from "./machine/spec.ts";
import type { StackName } from "./stacks/image.ts";

/** What is installed in the guest. */
export type Equipment = "without exitrd" | "exitrd";

/** A run of a guest, and the expected findings; absent ones are not checked. */
export interface Case {
  readonly name: string;
  readonly stack: StackName;
  /** "bookworm" if absent. */
  readonly suite?: Suite;
  readonly equipment: Equipment;
  /** Bash, run in the guest; ends with the verb under test. */
  readonly script: string;
  /** Names of files in `case-files.ts` to be put next to the script. */
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
  /** All are clean, or all except the one with this name, which needs recovery. */
  readonly fileSystems?: "clean" | { readonly needsRecovery: string };
  /** The last command that the NVMe controller received was CC.SHN, without a write after it. */
  readonly controllerShutDown?: boolean;
  /** Halves of the LUKS volume key in the guest's RAM. */
  readonly volumeKey?: "absent" | "present";
  readonly passphrase?: "absent" | "present";
  /** The verdict of the record that is in /boot after the run. */
  readonly record?: Verdict;
  /**
   * The number of records in the event log. The first must be the package's image, and the log must
   * yield the values in the TPM.
   */
  readonly measured?: { readonly images: number; readonly extensions: number };
  /** The limit between the first line of the console that matches and the last line. */
  readonly within?: { readonly from: RegExp; readonly seconds: number };
  /** Each must match some line of the console, in this order. */
  readonly console?: readonly RegExp[];
  /** None may match any line of the console. */
  readonly consoleNever?: readonly RegExp[];
  /** Each must match some line that the script printed, in this order. */
  readonly output?: readonly RegExp[];
  readonly outputNever?: readonly RegExp[];
}
