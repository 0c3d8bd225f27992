import type { AnyNode, NodeId } from "../../teardown/graph/node.ts";
import type { BaseDevice } from "../../teardown/snapshot/base.ts";
import type { DmState } from "./state.ts";

export interface DmNode {
  readonly kind: "dm";
  readonly id: NodeId;
  readonly device: BaseDevice;
  readonly dm: DmState;
}

/**
 * A device that blocks everything above it, and is unblocked before that is touched: no node holds
 * it, and it "holds" what is above the device (`gates.ts`).
 */
export interface GateNode {
  readonly kind: "gate";
  readonly id: NodeId;
  readonly device: BaseDevice;
  readonly dm: DmState;
}

export function isDmNode(node: AnyNode): node is DmNode {
  return node.kind === "dm";
}

export function gateNodeId(dev: string): NodeId {
  return `gate:${dev}`;
}
