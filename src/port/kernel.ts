/**
 * All that releasing needs: one blocking call a method, each run in a child of
 * PID 1 (see `tasks.ts`). A normal return proves nothing; the executor reads
 * the kernel's state again. Every method throws a `SysError`.
 */
export interface Kernel {
  /**
   * umount2(2) with UMOUNT_NOFOLLOW; MNT_DETACH if `lazy`, MNT_FORCE if `force`. Here and where else a
   * mount is named by its target, that may be longer than PATH_MAX, and no link in it is followed.
   */
  umount(target: string, how: { readonly lazy: boolean; readonly force: boolean }): void;
  /** FITHAW: ends an fsfreeze(8), which keeps a file system alive without a mount. */
  thaw(target: string): void;
  /** mount(2) MS_REMOUNT|MS_RDONLY: the fallback when unmounting fails. */
  remountReadOnly(target: string): void;
  swapoff(path: string): void;
  /** One write(2) of `text` to a file of /proc or /sys. */
  write(path: string, text: string): void;
  /** Opens a device, makes calls on it one after another, and closes it. */
  control(path: string, calls: readonly DeviceCall[]): void;
  /**
   * The same after an fsync(2) of the device. Where that fails the calls are made all the same,
   * since a device that cannot be flushed has to be released too: "data-lost" then.
   */
  flushAndControl(path: string, calls: readonly DeviceCall[]): "data-lost" | undefined;
  /** DRBD_ADM_DOWN: demotes, disconnects, detaches and deletes all volumes of a resource. */
  drbdDown(resource: string): void;
  /** By its only connection, "connection1:0": the logout that iscsid would do, then the end. */
  iscsiLogout(connection: string): void;
  /** syncfs(2) of the file system at `target`. */
  syncFs(target: string): void;
  /** sync(2). */
  syncAll(): void;
  /** kill(2); -1 for every process but PID 1 and the caller. */
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
  /** A number, or the buffer that the kernel reads and writes. */
  readonly argument: number | ArrayBuffer;
}
