/**
 * Everything needed to release storage: one blocking call per method, each run in a child of PID 1
 * (see `tasks.ts`). A successful return proves nothing; the executor reads the kernel's state again.
 * Every method throws a `SysError`.
 */
export interface Kernel {
  /**
   * umount2(2) with UMOUNT_NOFOLLOW; MNT_DETACH if `lazy`, MNT_FORCE if `force`. A target
   * may be longer than PATH_MAX, here and in the other methods, and no link in it is followed.
   */
  umount(target: string, how: { readonly lazy: boolean; readonly force: boolean }): void;
  /** FITHAW: ends an fsfreeze(8), which keeps an unmounted file system active. */
  thaw(target: string): void;
  /** mount(2) MS_REMOUNT|MS_RDONLY: the fallback when unmounting fails. */
  remountReadOnly(target: string): void;
  /**
   * FS_IOC_SHUTDOWN of ext4, XFS and f2fs: writes data and journal, as fsfreeze(8) does, then fails
   * all I/O. The disk is consistent although the file system stays busy; ENOTTY from any other.
   */
  shutDown(target: string): void;
  swapoff(path: string): void;
  /** One write(2) of `text` to a file of /proc or /sys. */
  write(path: string, text: string): void;
  /** unlink(2), of a link in configfs. */
  unlink(path: string): void;
  /** rmdir(2), of a directory in configfs. */
  rmdir(path: string): void;
  /** Opens a device, makes calls on it in order, and closes it. */
  control(path: string, calls: readonly DeviceCall[]): void;
  /**
   * The same after an fsync(2) of the device. If that fails, the calls are made nevertheless, since a
   * device that cannot be flushed must be released too, and "data-lost" is returned.
   */
  flushAndControl(path: string, calls: readonly DeviceCall[]): "data-lost" | undefined;
  /** DRBD_ADM_DOWN: demotes, disconnects, detaches and deletes all volumes of a resource. */
  drbdDown(resource: string): void;
  /** Logs out of a session, as iscsid would, and ends it. Its only connection is "connection1:0". */
  iscsiLogout(connection: string): void;
  /** syncfs(2) of the file system at `target`. */
  syncFs(target: string): void;
  /** sync(2). */
  syncAll(): void;
  /** kill(2); -1 for every process except PID 1 and the caller. */
  kill(pid: number, signal: "SIGTERM" | "SIGSTOP" | "SIGCONT" | "SIGKILL"): void;
  /** shmctl(2) IPC_RMID of a System V shared memory segment. */
  removeSharedMemory(id: number): void;
  /** Mounts fusectl at its place; EBUSY where it is mounted there, ENOENT without FUSE. */
  mountFuseControl(): void;
  sleep(milliseconds: number): void;
}

/** One ioctl(2). */
export interface DeviceCall {
  readonly request: number;
  /** A number, or a buffer that the kernel reads and writes. */
  readonly argument: number | ArrayBuffer;
}
