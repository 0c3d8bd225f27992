import { quote } from "../../text/show-bytes.ts";
import type { Stage } from "../stage.ts";
import type { Verb } from "../verb.ts";
import { formatDuration } from "./format-time.ts";
import { formatRow } from "./lines.ts";

/** How a program of the image ended. */
export type ProgramEnd =
  | { readonly kind: "exited"; readonly status: number }
  | { readonly kind: "killed"; readonly signal: number }
  /** It exceeded its limit and was killed. */
  | { readonly kind: "hung"; readonly limitMs: number }
  /** It could not be started or waited for. */
  | { readonly kind: "error"; readonly words: string };

/** A program that ran, for the record. */
export interface ProgramRun {
  /** "10-name", or a path. */
  readonly name: string;
  /** The stage that it ran in; undefined for scripts of systemd, which have no stages. */
  readonly stage: Stage | undefined;
  readonly startMs: number;
  readonly tookMs: number;
  readonly end: ProgramEnd;
}

/** The result of one program: a row of the record, or why it failed. */
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

/** There was no time left to run it. */
export function skippedLine(name: string, stage: Stage | undefined): string {
  return `exitrd: cannot run ${nameCall(name, stage)}: no time left, ignoring`;
}

/** Printed on the console before a debug shell starts. */
export function shellLine(stage: Stage, verb: Verb): string {
  return `exitrd: debug shell ${stage} (exitrd.break=): 'exit' resumes ${verb}`;
}
