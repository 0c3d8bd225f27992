import type { NodeId } from "../graph/node.ts";
import type { Plan, Stay } from "./plan.ts";

/**
 * The nodes that the plan leaves although they should be released: not hardware, not exitrd's own, and
 * not what the administrator keeps, with whatever only that holds.
 */
export function listLeftStays({ stays }: Plan): readonly Stay[] {
  const kept = new Set<NodeId>();
  const isKept = ({ reason }: Stay): boolean =>
    reason.kind === "policy" ||
    (reason.kind === "held" && reason.by.length > 0 && reason.by.every((id) => kept.has(id)));
  for (let before = -1; before < kept.size; ) {
    before = kept.size;
    for (const stay of stays) if (isKept(stay)) kept.add(stay.node);
  }
  return stays.filter(
    ({ node, reason: { kind } }) => kind !== "own" && kind !== "hardware" && !kept.has(node),
  );
}

/** What the administrator keeps: pools, with ZFS=leave. */
export function listKept({ stays }: Plan): readonly NodeId[] {
  return stays.filter(({ reason }) => reason.kind === "policy").map(({ node }) => node);
}
