import { findOwnMounts } from "../../kinds/mount/own.ts";
import type { Graph } from "../graph/graph.ts";
import { breakCycles } from "./break-cycles.ts";
import { findLeaders } from "./groups.ts";
import { leaveOwnPlaces } from "./holding.ts";
import { findKeptPools } from "./kept-pools.ts";
import { makeStep } from "./make-step.ts";
import type { Plan } from "./plan.ts";
import type { Policy } from "./policy.ts";
import { sequence } from "./sequence.ts";
import { findStays } from "./stays.ts";

/**
 * Decides what to release, in which order, and what stays. The same graph
 * gives the same plan; every node is in exactly one step or stays.
 */
export function makePlan(graph: Graph, policy: Policy): Plan {
  const own = findOwnMounts(graph, policy);
  const broken = breakCycles(leaveOwnPlaces(graph, own));
  const reasons = findStays(broken.graph, own, broken.cycles, findKeptPools(broken.graph, policy));
  const slots = sequence(broken.graph, findLeaders(broken.graph, reasons));
  const steps = slots.map(({ leader, also, after }) => {
    const node = graph.nodes.get(leader);
    if (node === undefined) throw new Error(`no node ${leader}`);
    return { step: makeStep(node, broken, policy), node: leader, also, after };
  });
  const stays = [...reasons.keys()].sort().map((node) => {
    const reason = reasons.get(node);
    if (reason === undefined) throw new Error(`no reason for ${node}`);
    return { node, reason };
  });
  return { steps, stays, cycles: broken.cycles };
}
