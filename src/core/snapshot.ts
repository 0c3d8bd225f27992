/**
 * Everything that was observed of a machine's storage, and nothing concluded:
 * the run-time data, the bug-report format (`exitrd snapshot`) and the test
 * fixture in one. Lists are sorted, so that two snapshots can be compared.
 *
 * Every string is a byte string, as `native/sys.d.ts` defines it.
 */
export interface Snapshot {
  /** The version of this format. */
  readonly format: 1;
  /** Kernel release, as uname(2) gives it. */
  readonly kernel: string;
  /** As /proc/self/mountinfo lists them: in no useful order. */
  readonly mounts: readonly Mount[];
  readonly swaps: readonly Swap[];
  /** What swapped-out pages can come back to. Absent if it could not be read. */
  readonly memory?: Memory;
  /** Sorted by kernel name. */
  readonly devices: readonly BlockDevice[];
  /** Sorted by UUID. Absent where btrfs is not loaded. */
  readonly btrfs?: readonly MultiDevice[];
  /** Those that are mounted, sorted by UUID. Absent where bcachefs is not loaded. */
  readonly bcachefs?: readonly MultiDevice[];
  /** The registered cache sets, sorted by UUID. Absent where bcache is not loaded. */
  readonly bcacheSets?: readonly MultiDevice[];
  /** /proc/fs/jbd2: each journal in use, "sda1-8" in its file system, "sdb" on a device. Sorted. */
  readonly journals?: readonly string[];
  /** Sorted by name. Absent where there is none. */
  readonly sessions?: readonly Session[];
  /** Storage daemons that serve FUSE, sorted as /proc is read. Absent where there is none. */
  readonly fuseServers?: readonly FuseServer[];
  /** Absent where ZFS is not loaded. */
  readonly zfs?: ZfsState;
}

/** What lies on several devices and is known by a UUID: a btrfs, a bcachefs, a bcache cache set. */
export interface MultiDevice {
  readonly uuid: string;
  /** Kernel names, sorted. */
  readonly devices: readonly string[];
}

/** One line of /proc/self/mountinfo (proc_pid_mountinfo(5)), escapes resolved. */
export interface Mount {
  readonly id: number;
  readonly parentId: number;
  /**
   * "major:minor" of the superblock; anonymous (major 0) for btrfs, overlay, tmpfs, NFS, and
   * that of its first device for bcachefs.
   */
  readonly dev: string;
  /** The directory of the file system that this mount shows; not "/" for a bind mount. */
  readonly root: string;
  readonly target: string;
  readonly options: readonly string[];
  /** "shared:1", "master:2", … */
  readonly propagation: readonly string[];
  readonly fsType: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/** One line of /proc/swaps (proc_swaps(5)); sizes in KiB. */
export interface Swap {
  readonly path: string;
  readonly type: "partition" | "file";
  readonly sizeKib: number;
  readonly usedKib: number;
  /** "major:minor" of the device; of the file system for a swap file. Absent if it could not be read. */
  readonly dev?: string;
  /** The file system that holds it does not answer. */
  readonly mute?: true;
}

/** /proc/meminfo (proc_meminfo(5)). */
export interface Memory {
  /** MemAvailable, in KiB. */
  readonly availableKib: number;
}

/** One entry of /sys/class/block. */
export interface BlockDevice {
  /** The kernel's name, with "/" where sysfs writes "!". */
  readonly name: string;
  /** "major:minor". */
  readonly dev: string;
  readonly sectors: number;
  readonly readOnly: boolean;
  /** Kernel names of the devices that this one is made of, sorted. */
  readonly slaves: readonly string[];
  /** Kernel name of the whole disk, for a partition. */
  readonly partitionOf?: string;
  readonly loop?: LoopState;
  readonly dm?: DmState;
  readonly md?: MdState;
  readonly zram?: ZramState;
  readonly bcache?: BcacheState;
  /** Present while it is connected. */
  readonly nbd?: NbdState;
  /** Absent where its driver tells nothing. */
  readonly drbd?: DrbdState;
  /** The dataset that a zvol shows, "tank/swap". */
  readonly zvol?: string;
  /** It does not answer, or what it lies on does not: what is known is the text of sysfs. */
  readonly mute?: true;
}

export interface LoopState {
  /** As /sys/block/loopN/loop/backing_file shows it. */
  readonly backingFile: string;
  /**
   * "major:minor" of the file system that holds the file, or of the block device itself.
   * Absent where nobody can be asked.
   */
  readonly backingDev?: string;
  readonly autoclear: boolean;
  /**
   * Something in the kernel has it for itself, as a mounted file system has. Absent: no, or
   * observed on a running machine, where it is not asked.
   */
  readonly claimed?: true;
}

export interface DmState {
  readonly name: string;
  readonly uuid: string;
  readonly suspended: boolean;
  readonly openCount: number;
  readonly deferredRemove: boolean;
  /** One per target of the live table; empty for a device without a table. */
  readonly targets: readonly DmTarget[];
}

export interface DmTarget {
  /** 512-byte sectors. */
  readonly start: number;
  readonly length: number;
  readonly type: string;
  /** multipath: I/O waits for ever where no path is left. */
  readonly queuesWithoutPath?: boolean;
}

export interface ZramState {
  /** The block device that idle pages may be written to, as sysfs shows it; "none" without. */
  readonly backingDevice: string;
}

export interface BcacheState {
  /** bcache/state: "no cache", "clean", "dirty", "inconsistent". */
  readonly state: string;
  /** Kernel name of the device that is cached. */
  readonly backing: string;
  /** The UUID of its cache set; absent without a cache. */
  readonly set?: string;
}

export interface NbdState {
  /** The process that connected it: it may have ended, where netlink was used. */
  readonly pid: number;
}

export interface DrbdState {
  /** The name of the resource that it is a volume of. */
  readonly resource: string;
}

export interface MdState {
  /** /sys/block/mdN/md/level: "raid1", "container", … */
  readonly level: string;
  /** md/array_state: "clean", "active", "write-pending", … */
  readonly arrayState: string;
  /** md/metadata_version: "1.2", "external:imsm", … */
  readonly metadataVersion: string;
  /** md/bitmap/location: "none", "+8", "file". */
  readonly bitmapLocation: string;
  /** The bitmap's path, where it is a file (GET_BITMAP_FILE). */
  readonly bitmapFile?: string;
  /** The mdmon that keeps a container's metadata. */
  readonly monitor?: MdMonitor;
}

/** A running mdmon(8). */
export interface MdMonitor {
  readonly pid: number;
  /** "major:minor" of the file systems that its program, libraries and directories lie on, sorted. */
  readonly fileSystems: readonly string[];
}

export interface ZfsState {
  /** /sys/module/zfs/version: "2.1.11-1". */
  readonly version: string;
  /** The imported pools, sorted by name. */
  readonly pools: readonly Pool[];
}

export interface Pool {
  readonly name: string;
  /** "ONLINE", "DEGRADED", "SUSPENDED", … */
  readonly state: string;
  /** Kernel names of the block devices whose label names this pool, sorted. */
  readonly devices: readonly string[];
}

/** A process that answers for one or more FUSE mounts. Which ones, the kernel does not tell. */
export interface FuseServer {
  readonly pid: number;
  readonly command: string;
  /** "major:minor" of the file systems that it keeps busy, sorted. */
  readonly fileSystems: readonly string[];
  /** "major:minor" of the devices that it has open, /dev/fuse apart, sorted. */
  readonly devices: readonly string[];
}

/** A connection to a server of block devices. */
export interface Session {
  readonly protocol: "nvme" | "iscsi";
  /** "nvme-subsys0", "session1": as sysfs calls it. */
  readonly name: string;
  /** What it runs over: NVMe controllers "nvme0", iSCSI connections "connection1:0"; sorted. */
  readonly paths: readonly string[];
  /** Kernel names of its disks, sorted. */
  readonly devices: readonly string[];
}
