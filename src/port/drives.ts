/** What the drives of this machine report about themselves. */
export interface Drives {
  /**
   * The SMART / Health log of an NVMe controller (log page 02h, 512 bytes), or a SATA drive's
   * answer to SMART READ DATA (512 bytes). Throws a `SysError`.
   */
  readNvmeHealth(path: string): Uint8Array;
  readSmartData(path: string): Uint8Array;
}
