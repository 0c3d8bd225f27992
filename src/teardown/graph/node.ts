/** "mount:36", "swap:/dev/dm-1", "block:253:0". Unique within one snapshot, and sorts stably. */
export type NodeId = string;

/**
 * One thing that holds, or is held by, another: what a step releases. Each kind adds its own
 * fields in its model; algorithms on graphs need no more than this.
 */
export interface AnyNode {
  readonly kind: string;
  readonly id: NodeId;
}
