import { type Node, stepKindOf } from "../../kinds/kinds.ts";
import type { Graph } from "../graph/graph.ts";
import { isMute } from "../report/describe.ts";
import type { Plan } from "./plan.ts";

/**
 * If something did not answer, plans only the steps that unblock devices: it may have waited for
 * one of them, and can be planned once it answers. Undefined if there is nothing to unblock.
 */
export function planGates(plan: Plan, graph: Graph<Node>): Plan | undefined {
  if (![...graph.nodes.values()].some(isMute)) return undefined;
  const steps = plan.steps.filter(
    ({ step, after }) => stepKindOf(step).opensGate === true && after.length === 0,
  );
  return steps.length === 0 ? undefined : { ...plan, steps };
}
