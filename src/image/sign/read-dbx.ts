import { hex } from "@scure/base";
import type { HashName } from "./algorithms.ts";

/** The certificates and hashes of certificates in db, dbx or the lists of shim. */
export interface SignatureLists {
  /** Complete certificates, in DER. */
  readonly certificates: readonly Uint8Array[];
  readonly hashes: readonly CertificateHash[];
  /** Whether everything could be read; if not, the end is missing. */
  readonly whole: boolean;
}

/** The hash of the signed part of a certificate (tbsCertificate). */
export interface CertificateHash {
  readonly hash: HashName;
  readonly digest: Uint8Array;
}

const headSize = 28;
const ownerSize = 16;

// UEFI 2.10, 32.4.1: the GUIDs of the types, in memory order.
const wholeCertificate = "a159c0a5e494a74a87b5ab155c2bf072";
const certificateHashes: ReadonlyMap<string, readonly [HashName, size: number]> = new Map([
  ["92a4d23bc0967940b420fcf98ef103ed", ["sha256", 32]],
  ["6e877670c280e64eaad228b349a6865b", ["sha384", 48]],
  ["63bf6d440225da4cbcfa2465d2b0fe9d", ["sha512", 64]],
]);

/**
 * Reads the EFI_SIGNATURE_LISTs of db and dbx, without the attributes. If they are truncated, the
 * complete ones are returned. Hashes of programs are ignored, and so are revocation times, since
 * signatures here carry no trustworthy time.
 */
export function readSignatureLists(lists: Uint8Array): SignatureLists {
  const view = new DataView(lists.buffer, lists.byteOffset, lists.byteLength);
  const certificates: Uint8Array[] = [];
  const hashes: CertificateHash[] = [];
  for (let at = 0; at < lists.length; ) {
    const broken = { certificates, hashes, whole: false };
    if (at + headSize > lists.length) return broken;
    const type = hex.encode(lists.subarray(at, at + ownerSize));
    const [listSize = 0, skipped = 0, size = 0] = [16, 20, 24].map((i) =>
      view.getUint32(at + i, true),
    );
    const end = at + listSize;
    const first = at + headSize + skipped;
    if (listSize < headSize || end > lists.length || size <= ownerSize) return broken;
    if (first > end) return broken;
    for (let entry = first; entry + size <= end; entry += size) {
      const data = lists.subarray(entry + ownerSize, entry + size);
      const [hash, length = 0] = certificateHashes.get(type) ?? [];
      if (type === wholeCertificate) certificates.push(data);
      else if (hash !== undefined) {
        if (data.length < length) return broken;
        hashes.push({ hash, digest: data.subarray(0, length) });
      }
    }
    at = end;
  }
  return { certificates, hashes, whole: true };
}
