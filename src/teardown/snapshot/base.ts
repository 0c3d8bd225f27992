/**
 * The part of a snapshot that does not belong to a kind. What each kind adds is in
 * `kinds/<kind>/model.ts`; `kinds/kinds.ts` combines them.
 *
 * Every string is a byte string, as `native/sys.d.ts` defines it.
 */
export interface BaseSnapshot<D extends BaseDevice = BaseDevice> {
  /** The version of this format. */
  readonly format: 1;
  /** The kernel release, as returned by uname(2). */
  readonly kernel: string;
  /** Some fields of devices may be missing, because only root can read them. */
  readonly unprivileged?: true;
  /** In the order of /proc/self/mountinfo, which has no meaning. */
  readonly mounts: readonly Mount[];
  /** Sorted by kernel name. */
  readonly devices: readonly D[];
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
  /** Empty if it is too long: the mount can only be detached together with its parent. */
  readonly target: string;
  readonly options: readonly string[];
  /** "shared:1", "master:2", … */
  readonly propagation: readonly string[];
  readonly fsType: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/** One entry of /sys/class/block. */
export interface BaseDevice {
  /** The kernel's name, with "/" instead of the "!" of sysfs. */
  readonly name: string;
  /** "major:minor". */
  readonly dev: string;
  readonly sectors: number;
  readonly readOnly: boolean;
  /** Kernel names of the devices that it consists of, sorted. */
  readonly slaves: readonly string[];
  /** Kernel name of the whole disk, for a partition. */
  readonly partitionOf?: string;
  /** It or a backing does not answer: only the text of sysfs is known. */
  readonly mute?: true;
}

/** Something on several devices, identified by a UUID: a btrfs, a bcachefs, a bcache cache set. */
export interface MultiDevice {
  readonly uuid: string;
  /** Kernel names, sorted. */
  readonly devices: readonly string[];
}
