import type { VerifyPolicy } from "../../text/policies.ts";

/** The inputs that decide whether a signature is required. */
export interface PolicyInputs {
  /** exitrd.verify= */
  readonly parameter: VerifyPolicy | undefined;
  /** Verify= */
  readonly configured: VerifyPolicy | undefined;
  readonly secureBoot: boolean;
  /** Whether there is a certificate in trusted.d, be it readable or not. */
  readonly hasAnchors: boolean;
}

export interface DecidedPolicy {
  readonly policy: VerifyPolicy;
  /** Verify= is ignored. */
  readonly overruled: boolean;
}

/**
 * The kernel command line may lower the policy: whoever controls it can also set init=. A file may
 * not weaken Secure Boot, which protects against modified files on the disk.
 */
export function decidePolicy(inputs: PolicyInputs): DecidedPolicy {
  const { parameter, configured, secureBoot, hasAnchors } = inputs;
  if (parameter !== undefined) return { policy: parameter, overruled: false };
  if (secureBoot) {
    const overruled = configured !== undefined && configured !== "require";
    return { policy: "require", overruled };
  }
  return { policy: configured ?? (hasAnchors ? "require" : "prefer"), overruled: false };
}
