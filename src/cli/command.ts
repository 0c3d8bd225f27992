import type { Arithmetic } from "../image/sign/arithmetic.ts";
import type { Snapshot } from "../kinds/kinds.ts";
import type {
  Codec,
  Commands,
  EventLog,
  ExtensionTrees,
  FileReader,
  FileWriter,
  InputReader,
  OutputWriter,
  RamTrees,
  StagedRuns,
  Tpm,
} from "../port/loader.ts";
import type { Reader } from "../port/teardown.ts";
import { treePlace } from "../text/tree-paths.ts";

/** 0 success, 1 failure, 2 usage error; 3 from status: ready, but not after a reboot. */
export type ExitCode = 0 | 1 | 2 | 3;

export interface Option {
  /** "--output" */
  readonly name: string;
  /** The placeholder of its value, "FILE"; a flag has none. */
  readonly value?: string;
  /** If given more than once, every value is used; otherwise only the last. */
  readonly repeatable?: true;
  readonly help: string;
}

/**
 * One subcommand: the parser, the help and the dispatcher all use this record. It gets only `K`
 * of the host: a command without a port that changes something cannot change anything.
 */
export interface Command<K extends keyof Host = keyof Host> {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** Its first operand, "IMAGE", in brackets if optional; undefined for none. */
  readonly operand?: string;
  /** Its second operand, which is always required. */
  readonly second?: string;
  readonly options: readonly Option[];
  readonly run: (args: Arguments, host: Pick<Host, K>) => ExitCode;
}

/** Parsed arguments; every option is one of the command's. */
export interface Arguments {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  /** The values of repeatable options, in the order given. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly operand: string | undefined;
  readonly second: string | undefined;
}

/** Everything the commands need from the machine. */
export interface Host {
  readonly files: FileReader & InputReader;
  /** The same files, with write access. */
  readonly writableFiles: FileReader & FileWriter & OutputWriter;
  /** Writes only what --output names. */
  replaceOutput(path: string, data: Uint8Array): void;
  readonly trees: RamTrees;
  readonly extensionTrees: ExtensionTrees;
  readonly codec: Codec;
  readonly arithmetic: Arithmetic;
  readonly commands: Commands;
  readonly reader: Reader;
  readonly staged: StagedRuns;
  readonly tpm: Tpm;
  readonly eventLog: EventLog;
  /** Undefined if /proc and /sys cannot be read. */
  observe(): Snapshot | undefined;
  /** The clock, in milliseconds since the epoch. */
  now(): number;
  /** The machine field of uname(2). */
  readonly machine: string;
  /** This program's version. */
  readonly version: string;
  getenv(name: string): string | undefined;
  /** Writes the requested output to standard output, unchanged. */
  print(text: string): void;
  /** Writes one message line to standard error. */
  say(line: string): void;
}

/** Printed if neither /proc nor /sys can be read. */
export const unobservable =
  "exitrd: cannot observe this machine: /proc and /sys are not readable: mount them";
export const jsonOption: Option = { name: "--json", help: "Print JSON instead of text." };
export const defaultShutdown = "/usr/lib/exitrd/exitrd-shutdown";
export const defaultTarget = treePlace;
