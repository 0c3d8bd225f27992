import type { Node, Snapshot } from "../../kinds/kinds.ts";
import { type Graph, getNode } from "../../teardown/graph/graph.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import type { Plan } from "../../teardown/plan/plan.ts";
import { isMute, nameNode } from "../../teardown/report/describe.ts";
import type { Finding } from "../finding.ts";

// PID 1 takes 2 MiB of RAM and runs up to sixteen children at once.
const LEAST_MEMORY_KIB = 32 * 1024;

/**
 * Reports everything that the plan does not release, except what stays only because of that, and a
 * lack of memory.
 */
export function checkStorage(
  plan: Plan,
  graph: Graph<Node>,
  { memory }: Pick<Snapshot, "memory">,
): readonly Finding[] {
  const availableKib = memory?.availableKib;
  const isLow = availableKib !== undefined && availableKib < LEAST_MEMORY_KIB;
  return [
    ...plan.stays.flatMap((stay) => checkStay(stay, graph, availableKib ?? 0)),
    ...checkMute(plan, graph),
    ...plan.cycles.map(
      (cycle): Finding => ({
        kind: "cycle",
        nodes: cycle.map((id) => nameNode(getNode(graph, id))),
      }),
    ),
    ...(isLow ? [{ kind: "low-memory", availableKib } as const] : []),
  ];
}

function checkStay(
  { node: id, reason }: Plan["stays"][number],
  graph: Graph<Node>,
  availableKib: number,
): readonly Finding[] {
  const node = getNode(graph, id);
  const name = nameNode(node);
  switch (reason.kind) {
    case "no-memory": {
      if (node.kind !== "swap") throw new Error(`${id} needs memory but is not a swap`);
      const { path, usedKib } = node.swap;
      return [{ kind: "swap-does-not-fit", path, usedKib, availableKib }];
    }
    case "no-tool":
      return [{ kind: "needs-tool", node: name, tool: reason.tool }];
    case "unknown-version":
      return [{ kind: "unknown-driver", node: name, version: reason.version }];
    case "mute":
      return [{ kind: "mute", node: name }];
    case "own":
    case "hardware":
    case "held":
    case "cycle":
    // The administrator chose it.
    case "policy":
      return [];
  }
}

/**
 * Nodes that did not answer although their step is planned. A gate and an mdmon belong to another
 * node.
 */
function checkMute({ stays }: Plan, graph: Graph<Node>): readonly Finding[] {
  const reported = new Set<NodeId>(
    stays.filter(({ reason }) => reason.kind === "mute").map(({ node }) => node),
  );
  return [...graph.nodes.values()]
    .filter((node) => node.kind !== "gate" && node.kind !== "mdmon")
    .filter((node) => isMute(node) && !reported.has(node.id))
    .map((node) => ({ kind: "mute", node: nameNode(node) }));
}
