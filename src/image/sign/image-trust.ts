import { accept, type Checked, refuse } from "../../text/checked.ts";
import type { VerifyPolicy } from "../../text/policies.ts";
import type { Arithmetic } from "./arithmetic.ts";
import type { SignatureProblem } from "./signature-problem.ts";
import type { Trust } from "./trust.ts";
import { type Signer, verifyDetached } from "./verify-detached.ts";

/** The trust in an image that may be loaded. */
export type ImageTrust =
  | { readonly kind: "signed"; readonly signer: Signer }
  | { readonly kind: "unsigned" }
  /** Signed by somebody who is not trusted on this machine. */
  | { readonly kind: "stranger"; readonly problem: SignatureProblem }
  | { readonly kind: "unchecked" };

/** Whether an image may be loaded under `policy`; `signature` is undefined without one. */
export function judgeImage(
  image: Uint8Array,
  signature: Uint8Array | undefined,
  policy: VerifyPolicy,
  trust: Trust,
  arithmetic: Arithmetic,
): Checked<ImageTrust, SignatureProblem> {
  if (policy === "off") return accept({ kind: "unchecked" });
  if (signature === undefined) {
    return policy === "prefer" ? accept({ kind: "unsigned" }) : refuse({ kind: "unsigned" });
  }
  const verified = verifyDetached(image, signature, trust, arithmetic);
  if (verified.ok) return accept({ kind: "signed", signer: verified.value });
  const { problem } = verified;
  // An attacker could just as well have removed the signature.
  const isStranger = problem.kind === "untrusted" || problem.kind === "no-certificate";
  return policy === "prefer" && isStranger
    ? accept({ kind: "stranger", problem })
    : refuse(problem);
}
