import { type Node, stepKindOf } from "../../kinds/kinds.ts";
import type { Graph } from "../graph/graph.ts";
import type { NodeId } from "../graph/node.ts";
import type { Plan } from "./plan.ts";

/**
 * Lists the nodes that wait for a server, and everything above them: steps that hung there may
 * succeed without the server.
 */
export function listServed({ steps }: Plan, graph: Graph<Node>): ReadonlySet<NodeId> {
  const waiting = steps.filter(({ step }) => stepKindOf(step).waitsForServer?.(step) === true);
  const served = new Set(waiting.map(({ node }) => node));
  for (let before = -1; before < served.size; ) {
    before = served.size;
    for (const [holder, backings] of graph.backings) {
      if (backings.some((backing) => served.has(backing))) served.add(holder);
    }
  }
  return served;
}
