import type { Node, NodeId } from "./node.ts";

/** Who uses what. Edges run from holder to backing; a plan releases holders first. */
export interface Graph {
  /** In the order of their ids. */
  readonly nodes: ReadonlyMap<NodeId, Node>;
  /** holder → what it lies on; every node has an entry, sorted. */
  readonly backings: ReadonlyMap<NodeId, readonly NodeId[]>;
}
