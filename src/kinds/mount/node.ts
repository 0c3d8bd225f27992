import type { AnyNode, NodeId } from "../../teardown/graph/node.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import { isApiFileSystem } from "../file-systems.ts";

export interface MountNode {
  readonly kind: "mount";
  readonly id: NodeId;
  readonly mount: Mount;
}

export function isMountNode(node: AnyNode | undefined): node is MountNode {
  return node?.kind === "mount";
}

/** Whether a node is a mount of an interface of the kernel, or of memory only. */
export function isApiMount(node: AnyNode): node is MountNode {
  return isMountNode(node) && isApiFileSystem(node.mount.fsType);
}
