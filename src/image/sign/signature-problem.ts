/** Why a signature does not count: fields for tests, sentences only in `describe-signature-problem.ts`. */
export type SignatureProblem =
  /** There is none. */
  | { readonly kind: "unsigned" }
  | DerProblem
  | MessageProblem
  | CertificateProblem
  | ChainProblem
  /** The digest in it is another content's. */
  | { readonly kind: "other-content" }
  /** The arithmetic says no. */
  | { readonly kind: "bad-signature"; readonly signer: string };

/** Offsets in bytes. */
export type DerProblem =
  | { readonly kind: "not-der"; readonly at: number }
  | { readonly kind: "trailing"; readonly at: number };

/** About the CMS message (RFC 5652). */
export type MessageProblem =
  | { readonly kind: "malformed"; readonly part: string }
  /** The content is inside: it has to be beside. */
  | { readonly kind: "attached" }
  | { readonly kind: "signers"; readonly count: number }
  | { readonly kind: "weak"; readonly algorithm: string; readonly name?: string }
  | { readonly kind: "unsupported"; readonly algorithm: string; readonly name?: string };

/** About one certificate (RFC 5280). */
export type CertificateProblem =
  | { readonly kind: "bad-certificate"; readonly reason: string }
  | { readonly kind: "critical-extension"; readonly name: string; readonly oid: string };

/** About the way from the signer to what is trusted; `name` is the certificate that it is about. */
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
