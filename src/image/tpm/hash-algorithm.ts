/** The supported digests of PCR banks, by their names in systemd's event log. */
export type HashName = "sha1" | "sha256" | "sha384" | "sha512";

interface HashAlgorithm {
  readonly name: HashName;
  /** TPM_ALG_ID (TPM 2.0 Part 2, 6.3). */
  readonly id: number;
}

export const hashAlgorithms: readonly HashAlgorithm[] = [
  { name: "sha1", id: 0x0004 },
  { name: "sha256", id: 0x000b },
  { name: "sha384", id: 0x000c },
  { name: "sha512", id: 0x000d },
];

/** One digest of the measured data, for the bank with this algorithm. */
export interface BankDigest {
  readonly hashAlg: HashName;
  /** Lower-case hexadecimal digits. */
  readonly digest: string;
}
