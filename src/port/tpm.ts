/** The TPM 2.0, behind the kernel's resource manager. Throws `SysError`. */
export interface Tpm {
  /**
   * Sends one command and returns its answer, which is empty where none came in time.
   * ENOENT, ENODEV or ENXIO where there is no TPM 2.0.
   */
  transmit(command: Uint8Array): Uint8Array;
}
