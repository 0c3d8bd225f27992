/** "mount:36", "swap:/dev/dm-1", "block:253:0". Unique within one snapshot, and sorts stably. */
export type NodeId = string;

/**
 * Something that holds another node or is held by one; a step releases it. Each kind adds fields in
 * its model; graph algorithms need only these.
 */
export interface AnyNode {
  readonly kind: string;
  readonly id: NodeId;
}
