import { type Node, stepKindOf } from "../../kinds/kinds.ts";
import type { Graph } from "../graph/graph.ts";
import { listHolders } from "../graph/list-holders.ts";
import type { NodeId } from "../graph/node.ts";
import type { Plan } from "./plan.ts";

/**
 * Lists the nodes that wait for a server, and everything above them: steps that hung there may
 * succeed without the server.
 */
export function listServed({ steps }: Plan, graph: Graph<Node>): ReadonlySet<NodeId> {
  const waiting = steps.filter(({ step }) => stepKindOf(step).waitsForServer?.(step) === true);
  const served = new Set(waiting.map(({ node }) => node));
  const holders = listHolders(graph);
  // The set grows in the loop.
  for (const id of served) for (const holder of holders.get(id) ?? []) served.add(holder);
  return served;
}
