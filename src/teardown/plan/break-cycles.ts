import { GRAPHS, type Node } from "../../kinds/kinds.ts";
import { findCycles } from "../graph/find-cycles.ts";
import type { Graph } from "../graph/graph.ts";
import type { NodeId } from "../graph/node.ts";

/** A graph with fewer cycles, and how they were broken. */
export interface BrokenCycles {
  readonly graph: Graph<Node>;
  /** Hints for the steps of the nodes at which a cycle was broken, by kind. */
  readonly marks: ReadonlyMap<NodeId, readonly NodeId[]>;
  /** The cycles that no rule breaks. */
  readonly cycles: readonly (readonly NodeId[])[];
}

/** Breaks the cycles that a kind has a rule for. */
export function breakCycles(given: Graph<Node>): BrokenCycles {
  const marks = new Map<NodeId, readonly NodeId[]>();
  if (findCycles(given).length === 0) return { graph: given, marks, cycles: [] };
  let graph = given;
  for (const kind of GRAPHS) {
    const broken = kind.breakCycles?.(graph);
    if (broken === undefined) continue;
    graph = broken.graph;
    for (const [id, mark] of broken.marks) marks.set(id, mark);
  }
  return { graph, marks, cycles: findCycles(graph) };
}
