/**
 * All that releasing needs: one blocking call a method, each run in a child of
 * PID 1 (see `tasks.ts`). A normal return proves nothing; the executor reads
 * the kernel's state again. Every method throws a `SysError`.
 */
export interface Kernel {
  /** umount2(2) with UMOUNT_NOFOLLOW; MNT_DETACH if `lazy`, MNT_FORCE if `force`. */
  umount(target: string, how: { readonly lazy: boolean; readonly force: boolean }): void;
  /** FITHAW: ends an fsfreeze(8), which keeps a file system alive without a mount. */
  thaw(target: string): void;
  /** mount(2) MS_REMOUNT|MS_RDONLY: the fallback when unmounting fails. */
  remountReadOnly(target: string): void;
  swapoff(path: string): void;
  /** LOOP_CLR_FD, after an fsync(2): loop does not flush blocks in flight. */
  loopDetach(name: string): void;
  /** DM_DEV_REMOVE by "major:minor", never deferred. */
  dmRemove(dev: string): void;
  /** DM_TARGET_MSG to the target that begins at `sector`. */
  dmMessage(dev: string, sector: number, text: string): void;
  /** DM_DEV_SUSPEND without its flag. */
  dmResume(dev: string): void;
  /** /sys/block/NAME/reset: frees all pages; EBUSY while it is open. */
  zramReset(name: string): void;
  /**
   * Has a bcache write back all it has, at once and as fast as it can: begins.
   * For as long as it runs; what its superblock says of its cache's mode stays.
   */
  bcacheWriteBack(name: string): void;
  /** /sys/block/NAME/bcache/stop: begins; the device vanishes later. */
  bcacheStop(name: string): void;
  /** /sys/fs/bcache/UUID/stop: begins; the set vanishes later. */
  bcacheSetStop(uuid: string): void;
  /** fsync(2), NBD_DISCONNECT, NBD_CLEAR_SOCK: also for what netlink connected. */
  nbdDisconnect(name: string): void;
  /** "clean" into md/array_state; EBUSY while the array is written to. */
  mdMarkClean(name: string): void;
  /** Holds up a running resync, check or reshape, fsync(2), then STOP_ARRAY. */
  mdStop(name: string): void;
  /** ZFS_IOC_POOL_EXPORT: writes everything, then drops the pool. Never "force". */
  zpoolExport(name: string, hardForce: boolean): void;
  /** DRBD_ADM_DOWN: demotes, disconnects, detaches and deletes all volumes of a resource. */
  drbdDown(resource: string): void;
  /** /sys/class/nvme/NAME/delete_controller: tells it to shut down, and disconnects. */
  nvmeDelete(name: string): void;
  /** /sys/block/NAME/device/delete: SYNCHRONIZE CACHE, then the disk is gone. */
  scsiDelete(name: string): void;
  /** "-1" to TARGET/status: entries with the flag F hold their interpreter open (kernel: fs/binfmt_misc.c). */
  flushBinfmt(target: string): void;
  /** nvme/NAME/fast_io_fail_tmo, in seconds: then I/O fails if there is no connection. */
  nvmeLimitRecovery(name: string, seconds: number): void;
  /** iscsi_session/NAME/recovery_tmo, in seconds: the same; EBUSY once the connection is lost. */
  iscsiLimitRecovery(session: string, seconds: number): void;
  /** By its only connection, "connection1:0": the logout that iscsid would do, then the end. */
  iscsiLogout(connection: string): void;
  /** syncfs(2) of the file system at `target`. */
  syncFs(target: string): void;
  /** sync(2). */
  syncAll(): void;
  /** kill(2); -1 for every process but PID 1 and the caller. */
  kill(pid: number, signal: "SIGTERM" | "SIGSTOP" | "SIGKILL"): void;
  sleep(milliseconds: number): void;
}
