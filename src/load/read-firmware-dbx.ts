import type { Certificate } from "../image/sign/certificate.ts";
import { readCertificate } from "../image/sign/read-certificate.ts";
import { type CertificateHash, readDbx } from "../image/sign/read-dbx.ts";
import type { FileReader } from "../port/files.ts";
import { attempt } from "../port/sys-error.ts";

const variable = "/sys/firmware/efi/efivars/dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f";
const attributesSize = 4;
// Of 2025 it has 24 KiB.
const largest = 1024 * 1024;

/**
 * The certificates that the firmware's owner has taken back. The kernel has them too, but
 * compares hashes with their times in them, which match nothing, and whole ones only with
 * what it verifies itself (certs/blacklist.c; seen with Linux 6.1). None where there is no dbx.
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
