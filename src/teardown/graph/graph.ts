import type { AnyNode, NodeId } from "./node.ts";

/** The dependencies. Edges run from holder to backing; a plan releases holders first. */
export interface Graph<N extends AnyNode = AnyNode> {
  /** In the order of their ids. */
  readonly nodes: ReadonlyMap<NodeId, N>;
  /** holder → its backings, sorted; every node has an entry. */
  readonly backings: ReadonlyMap<NodeId, readonly NodeId[]>;
}

/** The node with this id, which must exist. */
export function getNode<N extends AnyNode>(graph: Graph<N>, id: NodeId): N {
  const node = graph.nodes.get(id);
  if (node === undefined) throw new Error(`no node ${id}`);
  return node;
}
