/**
 * The part of a snapshot that no kind owns. What each kind adds to it stands in
 * `kinds/<kind>/model.ts`; `kinds/kinds.ts` puts both together.
 *
 * Every string is a byte string, as `native/sys.d.ts` defines it.
 */
export interface BaseSnapshot<D extends BaseDevice = BaseDevice> {
  /** The version of this format. */
  readonly format: 1;
  /** Kernel release, as uname(2) gives it. */
  readonly kernel: string;
  /** As /proc/self/mountinfo lists them: in no useful order. */
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
  /** It does not answer, or what it lies on does not: what is known is the text of sysfs. */
  readonly mute?: true;
}

/** What lies on several devices and is known by a UUID: a btrfs, a bcachefs, a bcache cache set. */
export interface MultiDevice {
  readonly uuid: string;
  /** Kernel names, sorted. */
  readonly devices: readonly string[];
}
