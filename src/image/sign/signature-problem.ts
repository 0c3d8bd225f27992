/** Why a signature is rejected, as fields; only `describe-signature-problem.ts` has sentences. */
export type SignatureProblem =
  /** There is no signature. */
  | { readonly kind: "unsigned" }
  | DerProblem
  | MessageProblem
  | CertificateProblem
  | ChainProblem
  /** Its digest belongs to other contents. */
  | { readonly kind: "other-content" }
  /** The signature does not match the key. */
  | { readonly kind: "bad-signature"; readonly signer: string };

/** Offsets in bytes. */
export type DerProblem =
  | { readonly kind: "not-der"; readonly at: number }
  | { readonly kind: "trailing"; readonly at: number };

/** About the CMS message (RFC 5652). */
export type MessageProblem =
  | { readonly kind: "malformed"; readonly part: string }
  /** The content is part of the message; it must be detached. */
  | { readonly kind: "attached" }
  | { readonly kind: "signers"; readonly count: number }
  | { readonly kind: "weak"; readonly algorithm: string; readonly name?: string }
  | { readonly kind: "unsupported"; readonly algorithm: string; readonly name?: string };

/** About one certificate (RFC 5280). */
export type CertificateProblem =
  | { readonly kind: "bad-certificate"; readonly reason: string }
  | { readonly kind: "critical-extension"; readonly name: string; readonly oid: string };

/** About the path from the signer to a trusted certificate; `name` is the certificate concerned. */
export type ChainProblem =
  | { readonly kind: "no-certificate" }
  | { readonly kind: "stray-certificate"; readonly name: string }
  | { readonly kind: "bad-chain"; readonly name: string; readonly issuer: string }
  | { readonly kind: "untrusted"; readonly name: string; readonly issuer: string }
  | { readonly kind: "expired"; readonly name: string; readonly lastDay: string }
  | { readonly kind: "revoked"; readonly name: string }
  | { readonly kind: "usage"; readonly name: string; readonly wanted: Usage }
  | { readonly kind: "path-length"; readonly name: string };

export type Usage = "sign data" | "sign code" | "sign certificates" | "be a CA";
