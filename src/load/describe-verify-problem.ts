import { describeForm } from "../image/disk-image/describe-form-problem.ts";
import { describeSignatureProblem } from "../image/sign/describe-signature-problem.ts";
import { quote } from "../text/show-bytes.ts";
import type { VerifyProblem } from "./verify-image.ts";

const trust = "add its certificate to /etc/exitrd/trusted.d in order to trust it";
const sign = "sign it with 'exitrd sign', or reinstall the signed original";

/** Describes why an image's signature is rejected, and what to do. */
export function describeVerifyProblem(problem: VerifyProblem): string {
  switch (problem.kind) {
    case "unreadable-signature":
      return `cannot read its signature (${problem.reason}): ${sign}`;
    case "bad-seal":
      return `${describeForm(problem.form)}: write it again with 'exitrd sign --seal'`;
    case "trust-file": {
      const { path, reason, origin } = problem.file;
      const cure =
        origin === "file" ? "correct or remove it" : "mount efivarfs, or update the firmware";
      return `${quote(path)}: ${reason}: ${cure}`;
    }
    case "rollback":
      return `its IMAGE_VERSION ${problem.version} is below ${problem.floor}: install a newer image, or lower image-version-floor`;
    case "untrusted":
      if (problem.name !== problem.issuer) {
        const issuer = quote(problem.issuer);
        return `${describeSignatureProblem(problem)}: add the certificate of ${issuer} to /etc/exitrd/trusted.d, or to the signature by 'exitrd sign --chain'`;
      }
      return `${describeSignatureProblem(problem)}: ${trust}`;
    case "no-certificate":
      return `${describeSignatureProblem(problem)}: ${trust}`;
    case "stray-certificate":
      return `${describeSignatureProblem(problem)}: sign it again, with each certificate between the signer's and that one in --chain`;
    default:
      return `${describeSignatureProblem(problem)}: ${sign}`;
  }
}
