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
      .map(
        ({ path, reason }) =>
          `cannot ${path.includes("/revoked.d/") ? "use" : "trust"} ${quote(path)}: ${reason}, ignoring`,
      ),
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

/** Like `sayTrust`, with all details of the signer. */
export function sayTrustInFull(trust: ImageTrust): string {
  return trust.kind === "signed" ? saySigner(trust.signer) : sayTrust(trust);
}

/** "signed by 'Vendor' (RSA-2048, sha256), trusted through 'Root', verified by the kernel" */
export function saySigner(signer: Signer): string {
  const { anchor, by } = signer;
  const through = anchor === undefined ? "a key of the kernel" : quote(anchor);
  const who = by === "kernel" ? "the kernel" : "exitrd because this kernel cannot";
  return `${sayKey(signer)}, trusted through ${through}, verified by ${who}`;
}

/** "signed by 'Vendor' (RSA-2048, sha256)" */
export function sayKey({ name, key, hash }: Signer): string {
  return `signed by ${quote(name)} (${key}, ${hash})`;
}
