/** A block device, bypassing every cache. All methods throw a `SysError`. */
export interface RawDevice {
  /** pread(2) with O_DIRECT; returns fewer bytes at the end of the device. */
  read(offset: number, length: number): Uint8Array;
  /** pwrite(2) with O_DIRECT and O_DSYNC. Success proves nothing: read the data back. */
  write(offset: number, data: Uint8Array): void;
}

export type RawAccess = "read" | "read-alone" | "write" | "write-alone";

/** Access to block devices themselves, for the record. */
export interface RawDevices {
  /**
   * Opens a device while `use` runs. "read-alone" and "write-alone" fail with EBUSY if a file system
   * on the device is active in any mount namespace, or another device is built on it.
   */
  withDevice<T>(path: string, how: RawAccess, use: (device: RawDevice) => T): T;
}

/**
 * The location of a file's data on the device of its file system. All methods throw a `SysError`.
 */
export interface FileMaps {
  /** FS_IOC_FIEMAP for the file's first `length` bytes; `extents.ts` decodes the result. */
  readExtents(path: string, request: ArrayBuffer): ArrayBuffer;
  /** FIBMAP: the file's blocks in order, of `blockSize` bytes each. */
  readBlocks(
    path: string,
    length: number,
  ): { readonly blockSize: number; readonly blocks: readonly number[] };
  /** FS_IOC_GETFLAGS; undefined if the file system has none. */
  readFlags(path: string): number | undefined;
  /** FS_IOC_FSGETXATTR's fsx_xflags; undefined if the file system has none. */
  readExtendedFlags(path: string): number | undefined;
}

/** The baseboard management controller (BMC) of this machine, on its system interface. */
export interface ManagementController {
  /**
   * Sends a request and returns the data of its response, completion code first; undefined if there
   * is none after `limitMs`. Throws a `SysError`: ENOENT without a driver.
   */
  request(
    netFn: number,
    command: number,
    data: Uint8Array,
    limitMs: number,
  ): Uint8Array | undefined;
}

/** Firmware variables, in efivarfs, which is mounted if necessary. Throws a `SysError`. */
export interface FirmwareVariables {
  /** Writes a variable, given by its path, in one write(2), attributes first. */
  writeVariable(path: string, data: Uint8Array): void;
}
