import { AsnConvert } from "@peculiar/asn1-schema";
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  ExtendedKeyUsage,
  type Extension,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  KeyUsage,
  SubjectKeyIdentifier,
} from "@peculiar/asn1-x509";
import { accept, type Checked, refuse } from "../../text/checked.ts";
import type { CertificateExtensions } from "./certificate.ts";
import { readDer } from "./read-der.ts";
import type { CertificateProblem } from "./signature-problem.ts";

type Found = { -readonly [K in keyof CertificateExtensions]: CertificateExtensions[K] };
type Reader = (value: Uint8Array, found: Found) => void;

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [id_ce_basicConstraints, readConstraints],
  [
    id_ce_keyUsage,
    (value, found) => {
      found.keyUsage = AsnConvert.parse(value, KeyUsage).toNumber();
    },
  ],
  [
    id_ce_extKeyUsage,
    (value, found) => {
      found.purposes = [...AsnConvert.parse(value, ExtendedKeyUsage)];
    },
  ],
  [
    id_ce_subjectKeyIdentifier,
    (value, found) => {
      found.subjectKeyId = new Uint8Array(AsnConvert.parse(value, SubjectKeyIdentifier).buffer);
    },
  ],
  [id_ce_authorityKeyIdentifier, readAuthority],
]);

/** Reads the extensions that matter for trust; of the others, only whether they are critical. */
export function readExtensions(
  extensions: readonly Extension[],
): Checked<CertificateExtensions, CertificateProblem> {
  const found: Found = { isCa: false };
  const seen = new Set<string>();
  for (const { extnID, critical, extnValue } of extensions) {
    const value = new Uint8Array(extnValue.buffer);
    if (seen.has(extnID) || !readDer(value).ok) return bad(extnID);
    seen.add(extnID);
    const read = readers.get(extnID);
    if (read === undefined) {
      if (critical) found.unknownCritical = extnID;
      continue;
    }
    try {
      read(value, found);
    } catch (thrown) {
      if (!(thrown instanceof Error)) throw thrown;
      return bad(extnID);
    }
  }
  return accept(found);
}

function bad(oid: string): Checked<never, CertificateProblem> {
  return refuse({ kind: "bad-certificate", reason: `a wrong extension ${oid}` });
}

function readConstraints(value: Uint8Array, found: Found): void {
  const { cA, pathLenConstraint } = AsnConvert.parse(value, BasicConstraints);
  found.isCa = cA;
  if (pathLenConstraint !== undefined) found.pathLength = pathLenConstraint;
}

function readAuthority(value: Uint8Array, found: Found): void {
  const { keyIdentifier } = AsnConvert.parse(value, AuthorityKeyIdentifier);
  if (keyIdentifier !== undefined) found.authorityKeyId = new Uint8Array(keyIdentifier.buffer);
}
