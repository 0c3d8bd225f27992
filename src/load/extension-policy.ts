import type { VerifySignature } from "../extension/read-extension.ts";
import type { Arithmetic } from "../image/sign/arithmetic.ts";
import { describeSignatureProblem } from "../image/sign/describe-signature-problem.ts";
import { verifyDetached } from "../image/sign/verify-detached.ts";
import { accept, refuse } from "../text/checked.ts";
import type { Verification } from "./read-verification.ts";

/** What a loader asks of extensions. */
export interface ExtensionPolicy {
  readonly verify: VerifySignature;
  /** Verify=off: unsigned ones count as well, but for those from the ESP. */
  readonly takesUnsigned: boolean;
}

/**
 * The same trust as for an image; but `prefer` takes no unsigned extension: no
 * package manager put it there.
 */
export function makeExtensionPolicy(
  { policy, trust, problems }: Verification,
  arithmetic: Arithmetic,
): ExtensionPolicy {
  const file = problems.find(({ fatal }) => fatal);
  const verify: VerifySignature = (content, signature) => {
    if (file !== undefined) return refuse(`cannot read '${file.path}' (${file.reason})`);
    const signer = verifyDetached(content, signature, trust, arithmetic);
    return signer.ok ? accept(signer.value.name) : refuse(describeSignatureProblem(signer.problem));
  };
  return { verify, takesUnsigned: policy === "off" };
}
