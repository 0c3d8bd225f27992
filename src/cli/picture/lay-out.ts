import { Graph, layout } from "@dagrejs/dagre";
import type { GroupGraph } from "./group-nodes.ts";

export interface Place {
  /** The coordinates of its center. */
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly places: readonly Place[];
  /** The points of each edge, from the holder to the backing. */
  readonly lines: readonly (readonly Place[])[];
}

export const BOX_HEIGHT = 46;
const MARGIN = 12;
const GAPS = { nodesep: 18, ranksep: 40, edgesep: 10 };

/** Arranges boxes of the given widths in ranks, holders above their backings. */
export function layOut({ groups, edges }: GroupGraph, widths: readonly number[]): Layout {
  provideStructuredClone();
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", ...GAPS, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  groups.forEach((_, index) => {
    graph.setNode(String(index), { width: widths[index] ?? 0, height: BOX_HEIGHT });
  });
  for (const [holder, backing] of edges) graph.setEdge(String(holder), String(backing));
  layout(graph);
  return addMargin({
    ...{ width: graph.graph().width ?? 0, height: graph.graph().height ?? 0 },
    places: groups.map((_, index) => toPlace(graph.node(String(index)))),
    lines: edges.map(([holder, backing]) =>
      (graph.edge(String(holder), String(backing)).points ?? []).map(toPlace),
    ),
  });
}

/** dagre measures only the boxes. A line that passes beside all of them may be outside. */
function addMargin({ width, height, places, lines }: Layout): Layout {
  const xs = lines.flatMap((points) => points.map(({ x }) => x));
  const left = Math.max(0, MARGIN - xs.reduce((least, x) => Math.min(least, x), MARGIN));
  const right = xs.reduce((most, x) => Math.max(most, x + MARGIN), width);
  const move = ({ x, y }: Place): Place => ({ x: x + left, y });
  return {
    ...{ width: left + right, height },
    places: places.map(move),
    lines: lines.map((points) => points.map(move)),
  };
}

function toPlace({ x = 0, y = 0 }: { readonly x?: number; readonly y?: number }): Place {
  return { x, y };
}

/** dagre copies plain values with it, and QuickJS does not have it. */
function provideStructuredClone(): void {
  const scope = globalThis as { structuredClone?: <T>(value: T) => T };
  scope.structuredClone ??= (value) => JSON.parse(JSON.stringify(value));
}
