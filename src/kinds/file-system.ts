import type { DeviceIndex } from "../teardown/graph/device-index.ts";
import type { EdgeList } from "../teardown/graph/edges.ts";
import type { MountIndex } from "../teardown/graph/mount-index.ts";
import type { BaseDevice, Mount } from "../teardown/snapshot/base.ts";

/** The specific behavior of a file system type. */
export interface FileSystem {
  /** Its superblock has several devices open. mountinfo names one of them, or all in the source. */
  readonly isMultiDevice?: true;
  /** Whether its superblock keeps a file of another mount open, or may do so. */
  holdsFile?(mount: Mount): boolean;
  /** Edges of one mount; `devices` are the block devices that mountinfo shows for it. */
  addEdges?(mount: Mount, devices: readonly BaseDevice[], context: MountContext): void;
}

export interface MountContext {
  readonly mounts: MountIndex;
  readonly devices: DeviceIndex;
  readonly edges: EdgeList;
  /** The block devices of another mount's superblock, as far as mountinfo shows them. */
  listDevices(mount: Mount): readonly BaseDevice[];
}
