import type { AnyNode, NodeId } from "../../teardown/graph/node.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import { isApiFileSystem } from "../file-systems.ts";

export interface MountNode {
  readonly kind: "mount";
  readonly id: NodeId;
  readonly mount: Mount;
  /** Mounts without a path are on it. */
  readonly isTree?: true;
}

/** The target of a mount, or its ID if that is too long. */
export function nameMount({ target, id }: Pick<Mount, "target" | "id">): string {
  return target === "" ? `mount ${id}` : target;
}

/** The IDs of the mounts that mounts without a path are on. */
export function findTrees(mounts: readonly Mount[]): ReadonlySet<number> {
  return new Set(mounts.filter(({ target }) => target === "").map(({ parentId }) => parentId));
}

export function isMountNode(node: AnyNode | undefined): node is MountNode {
  return node?.kind === "mount";
}

/** Whether a node is a mount of an interface of the kernel, or of memory only. */
export function isApiMount(node: AnyNode): node is MountNode {
  return isMountNode(node) && isApiFileSystem(node.mount.fsType);
}
