import type { Snapshot } from "../../kinds/kinds.ts";
import { ENDINGS } from "../../kinds/released.ts";
import type { Console } from "../../port/teardown.ts";
import {
  claimedLine,
  heldLines,
  leftLine,
  openSessionLine,
  stayLine,
} from "../../teardown/report/lines.ts";
import type { Limits } from "../deadline/limits.ts";
import type { View } from "../look.ts";
import type { Ports } from "../ports.ts";
import { findClaimed } from "./claimed.ts";
import { degrade, listLeft } from "./degrade.ts";

// A serial line writes a hundred in a second, and the deadline does not wait for it.
export const MAX_LINES = 100;

/**
 * Saves and names what is still attached: what the last view shows, devices that the kernel has in
 * use although it shows nothing, and sessions with servers that are still open. The first view is
 * that from before the first step.
 */
export function nameLeft(
  first: View | undefined,
  last: View,
  limits: Limits,
  ports: Ports,
  console: Console,
): readonly string[] {
  const left = saveLeft(last, limits, ports, console);
  if (first === undefined) return left;
  const claimed = left.length > 0 ? [] : findClaimed(first, limits.saveUntil, ports);
  for (const { name, holders } of claimed) console.warn(claimedLine(name, holders));
  const open = waitForEndings(first.snapshot, last.snapshot, limits.saveUntil, ports);
  for (const server of open) console.warn(openSessionLine(server));
  return [
    ...left,
    ...claimed.map(({ name }) => name),
    ...open.map((server) => `NFS server ${server}`),
  ];
}

function saveLeft(last: View, limits: Limits, ports: Ports, console: Console): readonly string[] {
  const kept = degrade(last, limits.saveUntil, ports);
  const lines = [
    ...kept.flatMap((entry) => heldLines(entry, last.graph)),
    ...last.plan.stays.flatMap((stay) => stayLine(stay, last.graph) ?? []),
  ];
  for (const line of lines.slice(0, MAX_LINES)) console.warn(line);
  if (lines.length > MAX_LINES)
    console.warn(`exitrd: ${lines.length - MAX_LINES} more lines omitted`);
  const left = listLeft(last.plan).map((node) => leftLine(node, last.graph));
  return [...new Set(left)].sort();
}

function waitForEndings(
  before: Snapshot,
  after: Snapshot,
  until: number,
  ports: Ports,
): readonly string[] {
  return ENDINGS.flatMap((wait) => wait(before, after, until, ports));
}
