import { quote } from "../../text/show-bytes.ts";
import type { Stage } from "../stage.ts";
import type { Verb } from "../verb.ts";
import { formatDuration } from "./format-time.ts";
import { formatRow } from "./lines.ts";

/** What became of a program of the image. */
export type ProgramEnd =
  | { readonly kind: "exited"; readonly status: number }
  | { readonly kind: "killed"; readonly signal: number }
  /** It ran into its limit and was ended. */
  | { readonly kind: "hung"; readonly limitMs: number }
  /** It could not be started, or not be waited for. */
  | { readonly kind: "error"; readonly words: string };

/** A program that ran, for the record. */
export interface ProgramRun {
  /** "10-name", or a path. */
  readonly name: string;
  /** Where it ran; undefined for a script of systemd's, which knows no stages. */
  readonly stage: Stage | undefined;
  readonly startMs: number;
  readonly tookMs: number;
  readonly end: ProgramEnd;
}

/** One line about one program: a row of the record, or why it failed. */
export function programLine({ name, stage, startMs, tookMs, end }: ProgramRun): string {
  if (end.kind === "exited" && end.status === 0) {
    return formatRow(nameProgram(name, stage), stage ?? "done", startMs, tookMs);
  }
  return `exitrd: cannot run ${nameCall(name, stage)}: ${describeEnd(end)}, ignoring`;
}

function nameProgram(name: string, stage: Stage | undefined): string {
  return stage === undefined ? quote(name) : `hook ${quote(name)}`;
}

function nameCall(name: string, stage: Stage | undefined): string {
  return nameProgram(name, stage) + (stage === undefined ? "" : ` (${stage})`);
}

export function describeEnd(end: ProgramEnd): string {
  switch (end.kind) {
    case "exited":
      return `exit status ${end.status}`;
    case "killed":
      return `killed by signal ${end.signal}`;
    case "hung":
      return `timed out after ${formatDuration(end.limitMs)}`;
    case "error":
      return end.words;
  }
}

/** No time was left to run it. */
export function skippedLine(name: string, stage: Stage | undefined): string {
  return `exitrd: cannot run ${nameCall(name, stage)}: no time left, ignoring`;
}

/** Said on the console before the shell, which tells whoever waits what to do. */
export function shellLine(stage: Stage, verb: Verb): string {
  return `exitrd: debug shell ${stage} (exitrd.break=): 'exit' resumes ${verb}`;
}
