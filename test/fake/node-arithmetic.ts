import { createHash } from "node:crypto";
import type { Arithmetic } from "../../src/image/sign/arithmetic.ts";
import { verifyEcdsa } from "../../src/image/sign/verify-ecdsa.ts";
import { verifyRsa } from "../../src/image/sign/verify-rsa.ts";

/** The program's own arithmetic, without the kernel; digests by Node.js. */
export const scriptArithmetic: Arithmetic = {
  hash: (name, data) => new Uint8Array(createHash(name).update(data).digest()),
  verify: ({ certificate: { key }, hash, digest, signature }) => ({
    good:
      (key.kind === "rsa" && verifyRsa(key, hash, digest, signature)) ||
      (key.kind === "ecdsa" && verifyEcdsa(key, digest, signature)),
    by: "exitrd",
  }),
  isTrustedByKernel: () => false,
};
