import type { Node } from "../../kinds/kinds.ts";
import { showBytes } from "../../text/show-bytes.ts";
import type { Graph } from "../graph/graph.ts";
import type { Plan } from "../plan/plan.ts";
import { describeNode, nameNode } from "./describe.ts";

/** The graph for Graphviz, holders above their backings, each with the number of its step. */
export function renderPlanDot(plan: Plan, graph: Graph<Node>): string {
  const numbers = new Map<string, number>();
  plan.steps.forEach(({ node, also }, index) => {
    for (const id of [node, ...also]) numbers.set(id, index + 1);
  });
  const lines = ["digraph exitrd {", "  node [shape=box];"];
  for (const node of graph.nodes.values()) {
    const number = numbers.get(node.id);
    const head = number === undefined ? "" : `${number}  `;
    const label = `${head}${showBytes(nameNode(node))}\n${describeNode(node, graph)}`;
    const style = number === undefined ? ", style=dashed" : "";
    lines.push(`  ${quoteDot(node.id)} [label=${quoteDot(label)}${style}];`);
  }
  for (const [holder, backings] of graph.backings) {
    for (const backing of backings) lines.push(`  ${quoteDot(holder)} -> ${quoteDot(backing)};`);
  }
  return `${[...lines, "}"].join("\n")}\n`;
}

/** Within quotes only the quote and the backslash are special to Graphviz. */
function quoteDot(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}
