import type { VerifyPolicy } from "../../text/policies.ts";

/** What decides whether a signature has to be there. */
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
  /** What Verify= says does not count. */
  readonly overruled: boolean;
}

/**
 * The kernel command line may say anything: whoever writes it can also say
 * init=. A file may not make less of Secure Boot, since writing a file on a
 * disk is just what that protects from.
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
