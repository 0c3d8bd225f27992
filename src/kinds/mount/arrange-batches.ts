import { indexGraph, read, successors } from "../../teardown/graph/adjacency.ts";
import { findComponents } from "../../teardown/graph/find-cycles.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import { isMountNode } from "./node.ts";

/** File systems that can be saved in parallel, each with one of its mounts. */
export interface Batch {
  readonly mounts: readonly Mount[];
  /** They depend on one another. */
  readonly isCycle: boolean;
}

/**
 * Arranges the file systems of `mounts` in batches, with the first mount of each, which is the one
 * that was tried and will be reported. A file system comes after those above it, which need it to be
 * writable until their data is written. The kernel does not ensure that below an overlay:
 * an XFS that is remounted read-only while a loop device writes to it through an overlay blocks for
 * ever (xfs_buftarg_wait, Linux 6.1). The file systems of a cycle share a batch.
 *
 * Near-linear: if the topmost of thousands of stacked mounts is busy, all of them are left.
 */
export function arrangeBatches(mounts: readonly Mount[], graph: Graph): readonly Batch[] {
  const fileSystems = new Map<string, Mount>();
  for (const mount of mounts) {
    if (!fileSystems.has(mount.dev)) fileSystems.set(mount.dev, mount);
  }
  const firsts = [...fileSystems.values()];
  const places = findPlaces(firsts, graph);
  const batches = new Map<number, Mount[]>();
  firsts.forEach((mount, index) => {
    const place = read(places, index);
    const batch = batches.get(place);
    if (batch === undefined) batches.set(place, [mount]);
    else batch.push(mount);
  });
  return [...batches]
    .sort(([a], [b]) => a - b)
    .map(([place, batch]) => ({ mounts: batch, isCycle: place % 2 === 1 }));
}

/**
 * The places of file systems, given by one mount each: the smaller one comes first. It is odd for
 * those of a cycle, which thus come after independent ones.
 */
function findPlaces(firsts: readonly Mount[], graph: Graph): readonly number[] {
  const { indexOf, backings } = indexGraph(joinMounts(firsts, graph));
  const parts = findComponents(backings);
  const partOf = new Int32Array(indexOf.size);
  parts.forEach((part, number) => {
    for (const node of part) partOf[node] = number;
  });
  const own = firsts.map(({ id }) => read(partOf, indexOf.get(mountNodeId(id)) ?? -1));
  const counts = new Int32Array(parts.length);
  for (const part of own) counts[part] = read(counts, part) + 1;
  const places = new Int32Array(parts.length);
  // Sinks come first in the list: from its end, each part comes after those above it.
  for (const [number, part] of [...parts.entries()].reverse()) {
    const count = read(counts, number);
    const next = read(places, number) + (count > 0 ? 2 : 0);
    if (count > 1) places[number] = next - 1;
    for (const target of part.flatMap((node) => successors(backings, node))) {
      const below = read(partOf, target);
      if (below !== number) places[below] = Math.max(read(places, below), next);
    }
  }
  return own.map((part) => read(places, part));
}

/** Makes the mounts of each of these file systems depend on one another, as they share its data. */
function joinMounts(firsts: readonly Mount[], graph: Graph): Graph {
  const last = new Map(firsts.map(({ dev, id }) => [dev, mountNodeId(id)]));
  const backings = new Map<NodeId, readonly NodeId[]>(graph.backings);
  const link = (from: NodeId, to: NodeId): void => {
    backings.set(from, [...(backings.get(from) ?? []), to]);
  };
  for (const { id, mount } of [...graph.nodes.values()].filter(isMountNode)) {
    const before = last.get(mount.dev);
    if (before === undefined || before === id) continue;
    link(before, id);
    link(id, before);
    last.set(mount.dev, id);
  }
  return { nodes: graph.nodes, backings };
}
