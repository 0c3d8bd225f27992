import type { VerifyPolicy } from "../../text/policies.ts";

/** The inputs that decide whether a signature is required. */
export interface PolicyInputs {
  /** exitrd.verify= on the kernel command line. */
  readonly parameter: VerifyPolicy | undefined;
  /** Verify= in exitrd.conf(5). */
  readonly configured: VerifyPolicy | undefined;
  readonly secureBoot: boolean;
  /** Whether trusted.d has a certificate, readable or not. */
  readonly hasAnchors: boolean;
  /** The images are on the loader's own disk: see `isBesideLoader`. */
  readonly besideLoader: boolean;
}

export interface DecidedPolicy {
  readonly policy: VerifyPolicy;
  /** Verify= is ignored because it would weaken Secure Boot. */
  readonly overruled: boolean;
}

/**
 * Secure Boot requires signatures, except for an image on the loader's own disk if signatures were
 * not configured: anyone who can write the image can also write the loader
 * (docs/decisions/2026-11-29-secure-boot-default.md). The kernel command line may lower the policy:
 * anyone who controls it can also set init=. A file may not weaken Secure Boot, which protects against
 * modified files on the disk.
 */
export function decidePolicy(inputs: PolicyInputs): DecidedPolicy {
  const { parameter, configured, secureBoot, hasAnchors, besideLoader } = inputs;
  if (parameter !== undefined) return { policy: parameter, overruled: false };
  const isAsked = configured !== undefined || hasAnchors;
  if (secureBoot && (isAsked || !besideLoader)) {
    const overruled = configured !== undefined && configured !== "require";
    return { policy: "require", overruled };
  }
  return { policy: configured ?? (hasAnchors ? "require" : "prefer"), overruled: false };
}
