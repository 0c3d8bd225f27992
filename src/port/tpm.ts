/** The TPM 2.0, behind the kernel's resource manager. Throws `SysError`. */
export interface Tpm {
  /**
   * Sends one command and returns its response, which is empty after a timeout.
   * ENOENT, ENODEV or ENXIO if there is no TPM 2.0.
   */
  transmit(command: Uint8Array): Uint8Array;
}
