import type { Node } from "../../kinds/kinds.ts";
import { quote } from "../../text/show-bytes.ts";
import { type Graph, getNode } from "../graph/graph.ts";
import { listKept, listLeftStays } from "../plan/list-left.ts";
import type { Plan, Stay } from "../plan/plan.ts";
import { nameNode } from "./describe.ts";

/** Further names are only counted. */
const MOST_NAMES = 5;

/** What should be released but will not be. Causes come first. */
export function listRemaining(plan: Plan): readonly Stay[] {
  const remaining = listLeftStays(plan);
  const isHeld = ({ reason }: Stay) => reason.kind === "held";
  return [...remaining.filter((stay) => !isHeld(stay)), ...remaining.filter(isHeld)];
}

/** One line: "All storage will be released.", "2 file systems stay mounted: '/', '/drbd'." */
export function renderVerdict(plan: Plan, graph: Graph<Node>): string {
  const remaining = listRemaining(plan).map(({ node }) => getNode(graph, node));
  const kept = listKept(plan).map((node) => getNode(graph, node));
  const all = kept.length === 0 ? "All storage" : "All other storage";
  const good = plan.steps.length === 0 ? "Nothing to release" : `${all} will be released`;
  const mounts = remaining.filter(({ kind }) => kind === "mount");
  const others = remaining.filter(({ kind }) => kind !== "mount");
  const parts = [
    ...(remaining.length === 0 ? [good] : []),
    ...sayPart(mounts, "file system stays mounted", "file systems stay mounted"),
    ...sayPart(others, "device is not released", "devices are not released"),
    ...sayPart(kept, "pool is kept by ZFS=leave", "pools are kept by ZFS=leave"),
  ];
  return `${parts.join("; ")}.`;
}

function sayPart(nodes: readonly Node[], one: string, many: string): readonly string[] {
  if (nodes.length === 0) return [];
  const names = nodes.slice(0, MOST_NAMES).map((node) => quote(nameNode(node)));
  const more = nodes.length > MOST_NAMES ? ` and ${nodes.length - MOST_NAMES} more` : "";
  return [`${nodes.length} ${nodes.length === 1 ? one : many}: ${names.join(", ")}${more}`];
}
