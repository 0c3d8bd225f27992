import { describeForm } from "../image/disk-image/describe-form-problem.ts";
import { describeSignatureProblem } from "../image/sign/describe-signature-problem.ts";
import type { VerifyProblem } from "./verify-image.ts";

const sign = "sign it with 'exitrd sign', or install the one that its maker signed";

/** Says why an image's signature does not do, and the cure. */
export function describeVerifyProblem(problem: VerifyProblem): string {
  switch (problem.kind) {
    case "unreadable-signature":
      return `its signature cannot be read (${problem.reason}): see to that, or ${sign}`;
    case "bad-seal":
      return `${describeForm(problem.form)}: make it anew with 'exitrd sign --seal'`;
    case "trust-file": {
      const { path, reason, origin } = problem.file;
      const cure =
        origin === "file" ? "put it right or remove it" : "mount efivarfs, or update the firmware";
      return `'${path}': ${reason}: ${cure}`;
    }
    case "rollback":
      return `its IMAGE_VERSION ${problem.version} is below ${problem.floor}: install a newer image, or lower the floor in image-version-floor`;
    case "untrusted":
    case "no-certificate":
      return `${describeSignatureProblem(problem)}: put its certificate into /etc/exitrd/trusted.d if it is to be trusted`;
    default:
      return `${describeSignatureProblem(problem)}: ${sign}`;
  }
}
