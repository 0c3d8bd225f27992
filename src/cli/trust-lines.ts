import { describeSignatureProblem } from "../image/sign/describe-signature-problem.ts";
import type { ImageTrust } from "../image/sign/image-trust.ts";
import type { Signer } from "../image/sign/verify-detached.ts";
import type { Verification } from "../load/read-verification.ts";
import { quote } from "../text/show-bytes.ts";

/** Non-fatal problems with this machine's trust configuration. */
export function listTrustNotes(verification: Verification): readonly string[] {
  const { overruled, problems, policy } = verification;
  return [
    ...problems
      .filter(({ fatal }) => !fatal && policy !== "off")
      .map(({ path, reason }) => `cannot trust ${quote(path)}: ${reason}, ignoring`),
    ...(overruled ? ["cannot lower Verify= while Secure Boot is on, ignoring"] : []),
  ];
}

/** "signed by 'Vendor'", "not signed" */
export function sayTrust(trust: ImageTrust): string {
  switch (trust.kind) {
    case "signed":
      return `signed by ${quote(trust.signer.name)}`;
    case "unsigned":
      return "not signed";
    case "stranger":
      return `signed, but ${describeSignatureProblem(trust.problem)}`;
    case "unchecked":
      return "not verified";
  }
}

/** The same, with the full details of a signer. */
export function sayTrustInFull(trust: ImageTrust): string {
  return trust.kind === "signed" ? saySigner(trust.signer) : sayTrust(trust);
}

/** "signed by 'Vendor' (RSA-2048, sha256), trusted through 'Root', verified by the kernel" */
export function saySigner({ name, key, hash, anchor, by }: Signer): string {
  const through = anchor === undefined ? "a key of the kernel" : quote(anchor);
  const who = by === "kernel" ? "the kernel" : "exitrd because this kernel cannot";
  return `signed by ${quote(name)} (${key}, ${hash}), trusted through ${through}, verified by ${who}`;
}
