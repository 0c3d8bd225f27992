import { isRemote } from "../../kinds/file-systems.ts";
import { stepKindOf } from "../../kinds/kinds.ts";
import { isLoss } from "../../port/sys-error.ts";
import type { Console } from "../../port/teardown.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import type { Outcome } from "../../teardown/plan/outcome.ts";
import { recordStep } from "../../teardown/record/make-record.ts";
import type { RecordedStep } from "../../teardown/record/record.ts";
import {
  isLayer,
  leftLine,
  muteLines,
  outcomeLine,
  startLine,
  stayingLine,
  waitLine,
} from "../../teardown/report/lines.ts";
import type { Verb } from "../../teardown/verb.ts";
import { MAX_LINES } from "../left/name-left.ts";
import type { View } from "../look.ts";
import type { Listener } from "../release.ts";

/** What was observed and done so far. */
export interface Record {
  readonly outcomes: readonly Outcome[];
  /** The steps that released layers, for the record. */
  readonly steps: readonly RecordedStep[];
  /** How many layers of storage are released. */
  readonly layers: number;
  /**
   * Mounts whose unmount hung, and what could not be released after data was lost: their data may not
   * have been written, although mountinfo does not show them any more, or a later sync succeeds.
   */
  readonly hungUnmounts: readonly string[];
  /** The view from before the first step. */
  readonly first: View | undefined;
}

export interface Recorder extends Listener {
  read(): Record;
}

/** Prints and keeps what happens. `prepare` is called before the first step of each view. */
export function createRecorder(
  verb: Verb,
  console: Console,
  prepare: (view: View, isFirst: boolean) => void,
): Recorder {
  const outcomes: Outcome[] = [];
  const steps: RecordedStep[] = [];
  const layers = new Set<NodeId>();
  const hungUnmounts = new Map<NodeId, string>();
  const mute = new Set<string>();
  const failed = new Map<NodeId, string>();
  const lost = new Set<NodeId>();
  let first: View | undefined;
  // Whole seconds that the oldest step has taken, when it was last shown.
  let shownSeconds = 0;
  return {
    onView(view) {
      for (const stay of view.plan.stays) console.debug(stayingLine(stay, view.graph));
      for (const line of muteLines(view.graph)) {
        if (!mute.has(line) && mute.size < MAX_LINES) console.warn(line);
        mute.add(line);
      }
      const isFirst = first === undefined;
      first ??= view;
      if (isFirst) console.info(startLine(view.plan, view.graph, verb));
      if (isFirst || view.plan.steps.length > 0) prepare(view, isFirst);
    },
    onWait({ planned, startMs, endMs }, count, now, { graph }) {
      const seconds = Math.floor((now - startMs) / 1000);
      if (seconds > 0 && seconds !== shownSeconds) {
        console.progress(waitLine(planned, seconds * 1000, endMs - startMs, count - 1, graph));
      }
      shownSeconds = seconds;
    },
    onOutcome(given, view) {
      if (hasLostData(given)) lost.add(given.node);
      const outcome = lost.has(given.node) ? addLoss(given) : given;
      outcomes.push(outcome);
      const line = outcomeLine(outcome, view.graph);
      // A busy node is tried several times.
      if (outcome.kind === "failed" && failed.get(outcome.node) === line) return;
      if (outcome.kind === "failed") failed.set(outcome.node, line);
      if (isLayer(outcome, view.graph)) steps.push(recordStep(outcome, view.graph));
      if (isHungUnmount(outcome, view) || hasLostData(outcome)) {
        hungUnmounts.set(outcome.node, leftLine(outcome.node, view.graph));
      } else if (outcome.kind === "released" || !lost.has(outcome.node)) {
        if (!givesUpData(outcome)) hungUnmounts.delete(outcome.node);
      }
      if (outcome.kind === "released" && isLayer(outcome, view.graph)) layers.add(outcome.node);
      const isGood = outcome.kind === "released" && outcome.effect !== "data-lost";
      const print = isGood ? console.info : console.warn;
      print(line);
    },
    read: () => ({
      outcomes,
      steps,
      layers: layers.size,
      hungUnmounts: [...hungUnmounts.values()],
      first,
    }),
  };
}

function givesUpData({ step }: Outcome): boolean {
  return stepKindOf(step).givesUpData?.(step) === true;
}

/** Data was lost before a step failed, see `throwLossFirst`. */
function hasLostData(outcome: Outcome): boolean {
  if (outcome.kind !== "failed" || outcome.failure.kind !== "error") return false;
  return isLoss(outcome.failure.syscall);
}

function addLoss(outcome: Outcome): Outcome {
  return outcome.kind === "released" ? { ...outcome, effect: "data-lost" } : outcome;
}

/**
 * An unmount removes the mount before it writes the remaining data, so a hung unmount looks
 * complete, and a forced one discards it. For a disk or a process the rest is visible later; for a
 * server that does not answer it is not.
 */
function isHungUnmount(outcome: Outcome, { graph }: View): boolean {
  if (outcome.kind === "failed" ? outcome.failure.kind !== "hung" : !givesUpData(outcome)) {
    return false;
  }
  const node = graph.nodes.get(outcome.node);
  return node?.kind === "mount" && isRemote(node.mount.fsType);
}
