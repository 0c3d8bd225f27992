import { isRemote } from "../kinds/file-systems.ts";
import type { Console } from "../port/teardown.ts";
import type { NodeId } from "../teardown/graph/node.ts";
import type { Outcome } from "../teardown/plan/outcome.ts";
import { isLayer, leftLine, muteLines, outcomeLine, startLine } from "../teardown/report/lines.ts";
import type { Verb } from "../teardown/verb.ts";
import { MAX_LINES } from "./left/name-left.ts";
import type { View } from "./look.ts";
import type { Listener } from "./release.ts";

/** What was observed and done so far. */
export interface Record {
  readonly outcomes: readonly Outcome[];
  /** How many layers of storage are released. */
  readonly layers: number;
  /** Names of what hung and may not have been written, although no mount shows it any more. */
  readonly hungUnmounts: readonly string[];
  /** The view from before the first step. */
  readonly first: View | undefined;
}

export interface Recorder extends Listener {
  read(): Record;
}

/** Prints what happens and keeps it. `onFirst` is called once, before the first step. */
export function createRecorder(
  verb: Verb,
  console: Console,
  onFirst: (view: View) => void,
): Recorder {
  const outcomes: Outcome[] = [];
  const layers = new Set<NodeId>();
  const hungUnmounts = new Map<NodeId, string>();
  const mute = new Set<string>();
  let first: View | undefined;
  return {
    onView(view) {
      for (const line of muteLines(view.graph)) {
        if (!mute.has(line) && mute.size < MAX_LINES) console.warn(line);
        mute.add(line);
      }
      if (first !== undefined) return;
      first = view;
      console.info(startLine(view.plan, view.graph, verb));
      onFirst(view);
    },
    onOutcome(outcome, view) {
      outcomes.push(outcome);
      if (isHungUnmount(outcome, view))
        hungUnmounts.set(outcome.node, leftLine(outcome.node, view.graph));
      else hungUnmounts.delete(outcome.node);
      if (outcome.kind === "released" && isLayer(outcome, view.graph)) layers.add(outcome.node);
      const isGood = outcome.kind === "released" && outcome.effect !== "data-lost";
      const print = isGood ? console.info : console.warn;
      print(outcomeLine(outcome, view.graph));
    },
    read: () => ({
      outcomes,
      layers: layers.size,
      hungUnmounts: [...hungUnmounts.values()],
      first,
    }),
  };
}

/**
 * An unmount takes the mount away before it writes what the file system still
 * has: one that hung looks done. Whether it is, shows by its disk, or by its
 * process; not on a server that does not answer.
 */
function isHungUnmount(outcome: Outcome, { graph }: View): boolean {
  if (outcome.kind !== "failed" || outcome.failure.kind !== "hung") return false;
  const node = graph.nodes.get(outcome.node);
  return node?.kind === "mount" && isRemote(node.mount.fsType);
}
