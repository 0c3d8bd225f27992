import { isKnownZfsVersion } from "../../kinds/zpool/protocol.ts";
import type { Graph } from "../graph/graph.ts";
import type { NodeId } from "../graph/node.ts";
import type { StayReason } from "./plan.ts";
import type { Policy } from "./policy.ts";

/** The pools that are not to be exported, or that we do not know how to. */
export function findKeptPools(graph: Graph, policy: Policy): ReadonlyMap<NodeId, StayReason> {
  const kept = new Map<NodeId, StayReason>();
  for (const node of graph.nodes.values()) {
    if (node.kind !== "zpool") continue;
    if (policy.zfs === "leave") kept.set(node.id, { kind: "policy" });
    else if (!isKnownZfsVersion(node.version)) {
      kept.set(node.id, { kind: "unknown-version", version: node.version });
    }
  }
  return kept;
}
