/** Requests to drives that contain a pointer to a buffer, which script's ioctl(2) cannot pass. */
declare module "exitrd:drive" {
  /** NVME_IOCTL_ADMIN_CMD, Get Log Page 02h for the whole controller: 512 bytes. */
  export function nvmeHealth(fd: number): Uint8Array<ArrayBuffer>;
  /** SG_IO with ATA PASS-THROUGH (16), SMART READ DATA: 512 bytes. EIO if the drive refuses. */
  export function smartData(fd: number): Uint8Array<ArrayBuffer>;
}
