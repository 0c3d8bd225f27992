// Must be imported first, since the imports below rely on it.
import "./repair-bigint.ts";
import { hexToBytes } from "@noble/curves/utils.js";
import type { Arithmetic, Claim, Verdict } from "../image/sign/arithmetic.ts";
import { verifyEcdsa } from "../image/sign/verify-ecdsa.ts";
import { verifyRsa } from "../image/sign/verify-rsa.ts";
import { hostDigests } from "./digests.ts";
import { isTrustedByKernel, verifyByKernel } from "./kernel-keys.ts";

/** The kernel's arithmetic, or that of a library if the kernel lacks it (ECDSA on Debian 12). */
export const hostArithmetic: Arithmetic = {
  hash: (name, data) => hexToBytes(hostDigests[name](data)),
  verify: (claim) => {
    const good = verifyByKernel(claim);
    return good === undefined ? verifyByScript(claim) : { good, by: "kernel" };
  },
  isTrustedByKernel,
};

/** The same arithmetic without the kernel. */
export function verifyByScript({ certificate, hash, digest, signature }: Claim): Verdict {
  const { key } = certificate;
  switch (key.kind) {
    case "rsa":
      return { good: verifyRsa(key, hash, digest, signature), by: "exitrd" };
    case "ecdsa":
      return { good: verifyEcdsa(key, digest, signature), by: "exitrd" };
    case "unsupported":
      throw new Error(`a claim about an unsupported key: ${key.algorithm}`);
  }
}
