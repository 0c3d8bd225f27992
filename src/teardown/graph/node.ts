import type {
  BcacheState,
  BlockDevice,
  DmState,
  FuseServer,
  LoopState,
  MdMonitor,
  MdState,
  Mount,
  MultiDevice,
  NbdState,
  Pool,
  Session,
  Swap,
  ZramState,
} from "../snapshot/snapshot.ts";

/** "mount:36", "swap:/dev/dm-1", "block:253:0". Unique within one snapshot, and sorts stably. */
export type NodeId = string;

/**
 * One thing that holds, or is held by, another: what a step releases.
 *
 * `disk` stands for every block device with nothing to take apart in it.
 */
export type Node =
  | { readonly kind: "mount"; readonly id: NodeId; readonly mount: Mount }
  | {
      readonly kind: "swap";
      readonly id: NodeId;
      readonly swap: Swap;
      /** Whether memory can take back what was swapped out (`swap-room.ts`). */
      readonly fits: boolean;
    }
  | {
      readonly kind: "loop";
      readonly id: NodeId;
      readonly device: BlockDevice;
      readonly loop: LoopState;
    }
  | { readonly kind: "dm"; readonly id: NodeId; readonly device: BlockDevice; readonly dm: DmState }
  | { readonly kind: "md"; readonly id: NodeId; readonly device: BlockDevice; readonly md: MdState }
  | {
      readonly kind: "zram";
      readonly id: NodeId;
      readonly device: BlockDevice;
      readonly zram: ZramState;
    }
  /**
   * A device that makes all that lies on it wait, opened before anything else:
   * it is held by nothing and "holds" what is on the device (`gates.ts`).
   */
  | {
      readonly kind: "gate";
      readonly id: NodeId;
      readonly device: BlockDevice;
      readonly dm: DmState;
    }
  | {
      readonly kind: "bcache";
      readonly id: NodeId;
      readonly device: BlockDevice;
      readonly bcache: BcacheState;
    }
  | { readonly kind: "bcache-set"; readonly id: NodeId; readonly set: MultiDevice }
  | {
      readonly kind: "nbd";
      readonly id: NodeId;
      readonly device: BlockDevice;
      readonly nbd: NbdState;
    }
  /** A DRBD whose resource is not known. */
  | { readonly kind: "drbd"; readonly id: NodeId; readonly device: BlockDevice }
  | {
      readonly kind: "drbd-resource";
      readonly id: NodeId;
      readonly name: string;
      /** Kernel names of its volumes. */
      readonly devices: readonly string[];
      /** Kernel names of what no other resource lies on too. */
      readonly backings: readonly string[];
    }
  /** A device that a resource shows: it goes with the resource. */
  | { readonly kind: "drbd-volume"; readonly id: NodeId; readonly device: BlockDevice }
  | {
      /** The process that keeps a container's metadata; `device` is the container. */
      readonly kind: "mdmon";
      readonly id: NodeId;
      readonly device: BlockDevice;
      readonly monitor: MdMonitor;
    }
  | {
      readonly kind: "zpool";
      readonly id: NodeId;
      readonly pool: Pool;
      /** Of the ZFS module. */
      readonly version: string;
    }
  /** A process that serves FUSE, and keeps busy what its files lie on. */
  | { readonly kind: "process"; readonly id: NodeId; readonly process: FuseServer }
  /** A block device that a pool shows: it goes with the pool. */
  | { readonly kind: "zvol"; readonly id: NodeId; readonly device: BlockDevice }
  | { readonly kind: "session"; readonly id: NodeId; readonly session: Session }
  /** A disk that a session shows: it goes with the session. */
  | { readonly kind: "remote"; readonly id: NodeId; readonly device: BlockDevice }
  | { readonly kind: "partition"; readonly id: NodeId; readonly device: BlockDevice }
  | { readonly kind: "disk"; readonly id: NodeId; readonly device: BlockDevice };
