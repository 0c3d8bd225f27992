/** The parameters that dm-verity needs to verify a device. */
export interface VerityParameters {
  /** The block size of data and of hashes, in bytes. */
  readonly blockSize: number;
  readonly dataBlocks: number;
  /** 64 hexadecimal digits. */
  readonly rootHash: string;
}

/**
 * The target's parameters (Documentation/admin-guide/device-mapper/verity.rst): SHA-256,
 * no salt, the tree directly after the data. `signatureKey` is the description of the key, in a
 * keyring of this process, that holds the signature of the root hash.
 */
export function formatVerityTable(
  device: string,
  { blockSize, dataBlocks, rootHash }: VerityParameters,
  signatureKey: string | undefined,
): string {
  const words = ["1", device, device, blockSize, blockSize, dataBlocks, dataBlocks];
  const options = signatureKey === undefined ? [] : ["2", "root_hash_sig_key_desc", signatureKey];
  return [...words, "sha256", rootHash, "-", ...options].join(" ");
}
