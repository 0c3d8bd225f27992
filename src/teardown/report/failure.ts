import { type Step, stepKindOf } from "../../kinds/kinds.ts";
import { clip, widthOf } from "../../text/columns.ts";
import { quote, showBytes } from "../../text/show-bytes.ts";
import type { Failure, Holder } from "../plan/outcome.ts";
import { nameStep } from "./describe.ts";
import { formatDuration } from "./format-time.ts";

const LINE_WIDTH = 80;
const SHORTEST_NAME = 16;

/** "exitrd: cannot stop 'md0': Device or resource busy" */
export function failureLine(step: Step, failure: Failure): string {
  const start = `exitrd: cannot ${stepKindOf(step).verb} `;
  const reason = `: ${describeFailure(failure)}`;
  const room = LINE_WIDTH - widthOf(start) - widthOf(reason);
  const line = start + clip(quote(nameStep(step)), Math.max(room, SHORTEST_NAME)) + reason;
  return clip(line, LINE_WIDTH);
}

export function describeFailure(failure: Failure): string {
  switch (failure.kind) {
    case "busy":
      return describeBusy(failure.holders);
    case "error":
      return failure.words;
    case "still-there":
      return "still present after the call succeeded";
    case "hung":
      // 0: another step has already waited for its server.
      return failure.limitMs === 0
        ? "its server does not answer, abandoned"
        : `no answer within ${formatDuration(failure.limitMs)}, abandoned`;
    case "crashed":
      return failure.signal === 0
        ? "the child process failed"
        : `the child process was killed by signal ${failure.signal}`;
  }
}

function describeBusy(holders: readonly Holder[]): string {
  if (holders.length === 0) return "Device or resource busy";
  return `held by ${holders.map(describeHolder).join(", ")}`;
}

/** "nfsd[812] (cwd)" */
export function describeHolder(holder: Holder): string {
  return `${showBytes(holder.command)}[${holder.pid}] (${holder.by})`;
}
