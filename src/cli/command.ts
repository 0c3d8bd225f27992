import type { Arithmetic } from "../image/sign/arithmetic.ts";
import type { Snapshot } from "../kinds/kinds.ts";
import type { Drives } from "../port/drives.ts";
import type {
  Codec,
  Commands,
  EventLog,
  ExtensionTrees,
  FileReader,
  FileWriter,
  InputReader,
  NewMode,
  OutputWriter,
  PlainReader,
  RamTrees,
  StagedRuns,
  Tpm,
} from "../port/loader.ts";
import type { PivotKernel, Tracing } from "../port/pivot.ts";
import type { FileMaps, RawDevices } from "../port/record.ts";
import type { Reader } from "../port/teardown.ts";
import { treePlace } from "../text/tree-paths.ts";
import type { Answer, ExitCode } from "./envelope/answer.ts";

export interface Example {
  /** The command line, "exitrd plan". */
  readonly line: string;
  /** What it does, as one sentence. */
  readonly words: string;
}

export interface Option {
  /** With its dashes, "--output". */
  readonly name: string;
  /** The placeholder of its value, "FILE"; undefined for a flag. */
  readonly value?: string;
  /**
   * If set, the option may be given more than once and every value is used; otherwise the last one
   * wins.
   */
  readonly repeatable?: true;
  readonly help: string;
}

/**
 * One subcommand; the parser, the help and the dispatcher all use this record. `run` gets only the
 * parts `K` of the host: a command without a port that can change something cannot change anything.
 */
export interface Command<K extends keyof Host = keyof Host> {
  readonly name: string;
  /** The verb for messages if its name is not a verb: "cannot print the status". */
  readonly verb?: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** Its first operand, "IMAGE", in brackets if it is optional; undefined if there is none. */
  readonly operand?: string;
  /** Its second operand, which is never optional. */
  readonly second?: string;
  readonly options: readonly Option[];
  readonly examples: readonly Example[];
  /** The exit status if a system call fails unexpectedly; 1 if absent. */
  readonly failure?: ExitCode;
  readonly run: (args: Arguments, host: Pick<Host, K>) => Answer;
}

/** Parsed arguments. All options are known to the command. */
export interface Arguments {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  /** The values of repeatable options, in the order of the command line. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly operand: string | undefined;
  readonly second: string | undefined;
}

/** Everything that the commands need from the machine. */
export interface Host {
  readonly files: FileReader & InputReader & PlainReader;
  /** The same files, with write access. */
  readonly writableFiles: FileReader & FileWriter & OutputWriter;
  /** Writes to the path that the user named with --output, and to no other. */
  replaceOutput(path: string, data: Uint8Array, mode: NewMode): void;
  readonly trees: RamTrees;
  readonly extensionTrees: ExtensionTrees;
  readonly codec: Codec;
  readonly arithmetic: Arithmetic;
  readonly commands: Commands;
  readonly reader: Reader;
  readonly staged: StagedRuns;
  readonly tpm: Tpm;
  readonly eventLog: EventLog;
  readonly maps: FileMaps;
  readonly rawDevices: RawDevices;
  readonly drives: Drives;
  /**
   * Sends one entry in journald's native protocol; throws a `SysError` if journald is not running.
   */
  sendToJournal(entry: string): void;
  /** Sends one message, as `encodeSyslog` makes it; throws a `SysError` if syslogd is not running. */
  sendToSyslog(message: string): void;
  readonly pivotKernel: PivotKernel;
  readonly tracing: Tracing;
  /** Undefined if /proc and /sys cannot be read. */
  observe(): Snapshot | undefined;
  /**
   * Calls each function in a child of its own, all in parallel, for at most `limitMs`. Answers are
   * passed as JSON; an answer that does not arrive in time is absent.
   */
  askAll<T extends object>(
    reads: { readonly [K in keyof T]-?: () => NonNullable<T[K]> },
    limitMs: number,
  ): Partial<T>;
  /** Reads up to `length` bytes from the start of the block device /dev/NAME. */
  readStart(name: string, length: number): Uint8Array;
  /** The clock, in milliseconds since the epoch. */
  now(): number;
  /** The machine field of uname(2), "x86_64". */
  readonly machine: string;
  /** This program's version. */
  readonly version: string;
  getenv(name: string): string | undefined;
  /** The width of the terminal on standard output; undefined for a pipe or a file. */
  columns(): number | undefined;
  /**
   * Shows text in a pager, given as argv; only `run` uses it. Returns false if there is no such
   * program.
   */
  page(pager: readonly string[], text: string): boolean;
  /** Writes to standard output, unchanged; only `run` uses it. */
  print(text: string): void;
  /** Writes one message line to standard error. */
  say(line: string): void;
}

/** The failure if /proc or /sys is not readable. */
export const unobservable =
  "cannot observe this machine: /proc or /sys is not readable: mount both";
export const defaultShutdown = "/usr/lib/exitrd/exitrd-shutdown";
export const defaultTarget = treePlace;
