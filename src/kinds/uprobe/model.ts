export interface UprobesField {
  /**
   * The uprobe events, as "GROUP/EVENT". Absent if there is none; empty if the kernel did not answer
   * in time.
   */
  readonly uprobes?: readonly string[];
}
