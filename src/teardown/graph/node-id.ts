import type { NodeId } from "./node.ts";

export function mountNodeId(mountId: number): NodeId {
  return `mount:${mountId}`;
}

/** The id of a block device, by its "major:minor". */
export function blockNodeId(dev: string): NodeId {
  return `block:${dev}`;
}
