import type { Cue, Ending } from "../machine/spec.ts";
import type { StackName } from "../stacks/image.ts";

/** One boot of a story, on the disks as the previous boot left them. */
export interface Boot {
  /** Bash; ends with the verb under test. */
  readonly script: string;
  /** Names of files in `case-files.ts` to be put next to the script. */
  readonly files?: readonly string[];
  /** Cuts the power when a line has this text. */
  readonly cutAt?: string;
  readonly cues?: readonly Cue[];
  readonly ending: Ending;
  /** Its file systems are not clean afterwards, as after a power cut. */
  readonly crashes?: true;
  /** Each must match some line, in this order. */
  readonly console?: readonly RegExp[];
  readonly consoleNever?: readonly RegExp[];
  readonly output?: readonly RegExp[];
  readonly outputNever?: readonly RegExp[];
}

/** Several boots of one machine. What a shutdown did is checked by the report of the next boot. */
export interface Story {
  readonly name: string;
  readonly stack: StackName;
  /** A second disk, which fails at a cue. */
  readonly hasBadDisk?: true;
  /** A disk with a GPT: a formatted EFI system partition, and a partition of the record's type. */
  readonly hasEsp?: true;
  /** Each boot uses the kernel and the initrd that the previous one left in /boot. */
  readonly startsOwnInitrd?: true;
  /** An ERST of 64 KiB, where pstore keeps the kernel log. */
  readonly hasErst?: true;
  /** OVMF, with variables of its own. */
  readonly hasFirmware?: true;
  readonly hasBmc?: true;
  readonly extraCommandLine?: string;
  /** i6300ESB, which tells the next boot that it has reset the machine. */
  readonly hasWatchdog?: true;
  readonly boots: readonly Boot[];
}
