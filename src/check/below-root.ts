import type { Node } from "../kinds/kinds.ts";
import { collectBelow } from "../teardown/graph/collect-below.ts";
import type { Graph } from "../teardown/graph/graph.ts";
import type { NodeId } from "../teardown/graph/node.ts";

// The mounts that systemd leaves to the exitrd. It unmounts all others itself, through their units.
const ROOTS = ["/", "/usr"];

/** The mounts in use until the pivot, with everything below them. */
export function listBelowRoot(graph: Graph<Node>): ReadonlySet<NodeId> {
  const roots = [...graph.nodes.values()]
    .filter((node) => node.kind === "mount" && ROOTS.includes(node.mount.target))
    .map(({ id }) => id);
  return new Set([...roots, ...collectBelow(graph, roots)]);
}
