import type { Certificate } from "../image/sign/certificate.ts";
import { readCertificate } from "../image/sign/read-certificate.ts";
import { type CertificateHash, readDbx } from "../image/sign/read-dbx.ts";
import type { FileReader } from "../port/files.ts";
import { attempt } from "../port/sys-error.ts";

const variable = "/sys/firmware/efi/efivars/dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f";
const attributesSize = 4;
// The list of 2025 has 24 KiB.
const largest = 1024 * 1024;

/**
 * The certificates revoked in the firmware's dbx; none without a dbx. The kernel has the list too,
 * but it compares hashes including their revocation times, which never match, and whole
 * certificates only with those it verifies itself (certs/blacklist.c; observed on Linux 6.1).
 */
export function readFirmwareDbx(files: FileReader): {
  readonly certificates: readonly Certificate[];
  readonly hashes: readonly CertificateHash[];
} {
  const value = attempt(() => files.readBytes(variable, largest));
  if (value === undefined) return { certificates: [], hashes: [] };
  const { certificates, hashes } = readDbx(value.subarray(attributesSize));
  const read = certificates.flatMap((der) => {
    const certificate = readCertificate(der);
    return certificate.ok ? [certificate.value] : [];
  });
  return { certificates: read, hashes };
}
