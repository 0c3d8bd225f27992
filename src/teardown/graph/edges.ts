import type { NodeId } from "./node.ts";

/** Collects edges from holders to backings; only between nodes that exist. */
export interface EdgeList {
  add(holder: NodeId, backing: NodeId): void;
  /** One of several possible edges, of which only one is real: dropped if it makes a false cycle. */
  addGuess(holder: NodeId, backing: NodeId): void;
  /** The only possible edge, which may not be real: dropped if it makes a cycle. */
  addDoubt(holder: NodeId, backing: NodeId): void;
  readonly certain: ReadonlyMap<NodeId, readonly NodeId[]>;
  readonly guesses: ReadonlyMap<NodeId, readonly NodeId[]>;
  readonly doubts: ReadonlyMap<NodeId, readonly NodeId[]>;
}

export function createEdgeList(nodes: ReadonlyMap<NodeId, unknown>): EdgeList {
  const certain = new Map<NodeId, NodeId[]>();
  const guesses = new Map<NodeId, NodeId[]>();
  const doubts = new Map<NodeId, NodeId[]>();
  const put = (lists: Map<NodeId, NodeId[]>, holder: NodeId, backing: NodeId): void => {
    if (holder === backing || !nodes.has(backing)) return;
    const list = lists.get(holder);
    if (list === undefined) lists.set(holder, [backing]);
    else list.push(backing);
  };
  return {
    add: (holder, backing) => put(certain, holder, backing),
    addGuess: (holder, backing) => put(guesses, holder, backing),
    addDoubt: (holder, backing) => put(doubts, holder, backing),
    certain,
    guesses,
    doubts,
  };
}
