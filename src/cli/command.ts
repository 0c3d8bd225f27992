import type { Arithmetic } from "../image/sign/arithmetic.ts";
import type { Snapshot } from "../kinds/kinds.ts";
import type { Codec } from "../port/codec.ts";
import type { Commands } from "../port/commands.ts";
import type { EventLog } from "../port/event-log.ts";
import type { ExtensionTrees } from "../port/extension-trees.ts";
import type { FileReader, FileWriter, InputReader, OutputWriter } from "../port/files.ts";
import type { RamTrees } from "../port/ram-trees.ts";
import type { Reader } from "../port/reader.ts";
import type { StagedRuns } from "../port/staged-runs.ts";
import type { Tpm } from "../port/tpm.ts";
import { treePlace } from "../text/tree-paths.ts";

/** 0 done, 1 failed, 2 used wrongly; 3 of status: ready, but not after a reboot. */
export type ExitCode = 0 | 1 | 2 | 3;

export interface Option {
  /** "--output" */
  readonly name: string;
  /** What its value is, "FILE"; without one it is a flag. */
  readonly value?: string;
  /** Given more than once, each counts; else the last does. */
  readonly repeatable?: true;
  readonly help: string;
}

/**
 * One subcommand: what parses it, helps with it and runs it come from this one record. It gets
 * `K` of the machine and no more, so that one without a port that changes anything cannot.
 */
export interface Command<K extends keyof Host = keyof Host> {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** The one operand it takes, "IMAGE"; undefined for none. In brackets if it may be left out. */
  readonly operand?: string;
  /** The one after it, which may not be left out. */
  readonly second?: string;
  readonly options: readonly Option[];
  readonly run: (args: Arguments, host: Pick<Host, K>) => ExitCode;
}

/** Parsed arguments: only options that the command has. */
export interface Arguments {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  /** Of the repeatable ones, in their order. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly operand: string | undefined;
  readonly second: string | undefined;
}

/** All that the commands need of the machine. */
export interface Host {
  readonly files: FileReader & InputReader;
  /** The same, to be changed as well. */
  readonly writableFiles: FileReader & FileWriter & OutputWriter;
  /** Writes what --output names, and nothing else. */
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
  /** Undefined where /proc and /sys cannot be read. */
  observe(): Snapshot | undefined;
  /** The clock, in milliseconds since the epoch. */
  now(): number;
  /** uname(2)'s machine. */
  readonly machine: string;
  /** This program's version. */
  readonly version: string;
  getenv(name: string): string | undefined;
  /** What was asked for, to standard output, as it is. */
  print(text: string): void;
  /** One line about what was done or went wrong, to standard error. */
  say(line: string): void;
}

/** Where neither /proc nor /sys can be read. */
export const unobservable =
  "exitrd: cannot observe this machine: /proc and /sys cannot be read: mount them";
export const jsonOption: Option = { name: "--json", help: "Print JSON instead of text." };
export const defaultShutdown = "/usr/lib/exitrd/exitrd-shutdown";
export const defaultTarget = treePlace;
