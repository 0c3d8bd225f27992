import type { VerifySignature } from "../extension/read-extension.ts";
import type { Arithmetic } from "../image/sign/arithmetic.ts";
import { describeSignatureProblem } from "../image/sign/describe-signature-problem.ts";
import { verifyDetached } from "../image/sign/verify-detached.ts";
import { accept, refuse } from "../text/checked.ts";
import type { Verification } from "./read-verification.ts";

/** Which extensions a loader accepts. */
export interface ExtensionPolicy {
  readonly verify: VerifySignature;
  /** Verify=off: unsigned extensions are accepted too, except from the ESP. */
  readonly takesUnsigned: boolean;
}

/**
 * Extensions are trusted like images, except that `prefer` rejects unsigned ones: unlike the image,
 * they were not installed by a package manager.
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
