import type { Snapshot } from "../../kinds/kinds.ts";
import { ENDINGS } from "../../kinds/released.ts";
import type { Console } from "../../port/teardown.ts";
import { collectBelow } from "../../teardown/graph/collect-below.ts";
import { listKept } from "../../teardown/plan/list-left.ts";
import type { SavedMount } from "../../teardown/plan/saved-mount.ts";
import { recordMount } from "../../teardown/record/make-record.ts";
import type { RecordedMount } from "../../teardown/record/record.ts";
import {
  claimedLine,
  heldLines,
  keptLine,
  leftLine,
  openSessionLine,
  stayLine,
} from "../../teardown/report/lines.ts";
import type { Limits } from "../deadline/limits.ts";
import type { View } from "../look.ts";
import type { Ports } from "../ports.ts";
import { findClaimed } from "./claimed.ts";
import { degrade, listLeft } from "./degrade.ts";

// A serial console prints a hundred lines per second, and the deadline does not wait for it.
export const MAX_LINES = 100;

/** What is left. */
export interface Left {
  readonly names: readonly string[];
  readonly mounts: readonly RecordedMount[];
  /** What is kept by choice, which is not left. */
  readonly kept?: readonly string[];
}

/**
 * Saves and reports what is still attached: everything in the last view, devices that the kernel
 * uses although nothing shows why, and open sessions with servers. `first` is the view from before
 * the first step. `detached` are mounts that were already saved
 * and reported, which are left, too.
 */
export function nameLeft(
  first: View | undefined,
  last: View,
  limits: Limits,
  ports: Ports,
  console: Console,
  detached: readonly RecordedMount[],
): Left {
  const kept = degrade(last, limits.saveUntil, ports, detached);
  const found = reportLeft(kept, last, console);
  const away = detached.map(({ name }) => name);
  const saved = {
    ...found,
    names: [...found.names, ...away],
    mounts: [...detached, ...found.mounts],
  };
  if (first === undefined) return saved;
  // In the first view, what was mounted then is not taken for a part of the pool.
  const below = collectBelow(first.graph, listKept(last.plan));
  const taken = last.plan.stays.flatMap(({ node, reason }) =>
    reason.kind === "held" && !below.has(node) ? [leftLine(node, last.graph)] : [],
  );
  const claimed = saved.names.length > 0 ? [] : findClaimed(first, below, limits.saveUntil, ports);
  for (const { name, holders } of claimed) console.warn(claimedLine(name, holders));
  const open = waitForEndings(first.snapshot, last.snapshot, limits.saveUntil, ports);
  for (const server of open) console.warn(openSessionLine(server));
  const names = [
    ...new Set([...saved.names, ...taken]),
    ...claimed.map(({ name }) => name),
    ...open.map((server) => `NFS server ${server}`),
  ];
  return { ...saved, names };
}

function reportLeft(kept: readonly SavedMount[], last: View, console: Console): Left {
  const mounts = reportMounts(kept, last, console);
  const left = listLeft(last.plan).map((node) => leftLine(node, last.graph));
  const chosen = listKept(last.plan).map((node) => leftLine(node, last.graph));
  for (const name of chosen) console.info(keptLine(name));
  const names = [...new Set(left)].sort();
  return { names, mounts, ...(chosen.length === 0 ? {} : { kept: chosen }) };
}

/** Prints what was done to mounts, and why the plan leaves other nodes. Returns the former. */
export function reportMounts(
  kept: readonly SavedMount[],
  { plan, graph }: View,
  console: Console,
): readonly RecordedMount[] {
  const lines = [
    ...kept.flatMap((entry) => heldLines(entry, graph)),
    ...plan.stays.flatMap((stay) => stayLine(stay, graph) ?? []),
  ];
  for (const line of lines.slice(0, MAX_LINES)) console.warn(line);
  if (lines.length > MAX_LINES)
    console.warn(`exitrd: ${lines.length - MAX_LINES} more lines omitted`);
  return kept.map((entry) => recordMount(entry, graph));
}

function waitForEndings(
  before: Snapshot,
  after: Snapshot,
  until: number,
  ports: Ports,
): readonly string[] {
  return ENDINGS.flatMap((wait) => wait(before, after, until, ports));
}
