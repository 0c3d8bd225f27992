import { type Node, nodeKindOf, type Step } from "../../kinds/kinds.ts";
import { detachHung } from "../../kinds/mount/detach-hung.ts";
import { findOwnMounts } from "../../kinds/mount/own.ts";
import { type Graph, getNode } from "../graph/graph.ts";
import { type BrokenCycles, breakCycles } from "./break-cycles.ts";
import { findLeaders } from "./groups.ts";
import { dropOwnMountEdges, dropWeakEdges } from "./holding.ts";
import type { Plan } from "./plan.ts";
import type { Policy } from "./policy.ts";
import { sequence } from "./sequence.ts";
import { findStays } from "./stays.ts";

/**
 * Decides what to release, in which order, and what is left. The same graph gives the same plan;
 * every node is either part of exactly one step or left.
 */
export function makePlan(whole: Graph<Node>, given: Policy): Plan {
  const graph = given.isLastAttempt === true ? dropWeakEdges(whole) : whole;
  const own = findOwnMounts(graph, given);
  const detached = detachHung(dropOwnMountEdges(graph, own), given);
  const { graph: reachable, groups, policy } = detached;
  const broken = breakCycles(reachable);
  const reasons = findStays(broken.graph, own, broken.cycles, policy);
  const slots = sequence(broken.graph, findLeaders(broken.graph, reasons, groups));
  const steps = slots.map(({ leader, also, after }) => ({
    step: makeStep(getNode(graph, leader), broken, policy),
    node: leader,
    also,
    after,
  }));
  const stays = [...reasons.keys()].sort().map((node) => {
    const reason = reasons.get(node);
    if (reason === undefined) throw new Error(`no reason for ${node}`);
    return { node, reason };
  });
  return { steps, stays, cycles: broken.cycles };
}

/** The step that releases a node. Throws for hardware, which cannot be released. */
function makeStep(node: Node, { graph, marks }: BrokenCycles, policy: Policy): Step {
  const make = nodeKindOf(node).step;
  if (make === undefined) throw new Error(`no step releases ${node.id}`);
  return make(node, { graph, mark: marks.get(node.id), policy });
}
