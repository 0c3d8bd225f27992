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
 * A device that makes all that lies on it wait, opened before anything else:
 * it is held by nothing and "holds" what is on the device (`gates.ts`).
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
