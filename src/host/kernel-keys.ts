import {
  addKey,
  KEY_SPEC_PROCESS_KEYRING,
  pkeyVerify,
  restrictKeyring,
  unlinkKey,
} from "exitrd:key";
import type { Claim } from "../image/sign/arithmetic.ts";
import { attempt, trySys } from "../port/sys-error.ts";

/**
 * The errors for a certificate whose key is bad or blacklisted (dbx), and for a signature that does
 * not match. All others, such as ENOPKG, mean that the kernel cannot verify it.
 */
const rejections = ["EKEYREJECTED", "EKEYREVOKED", "EKEYEXPIRED"];
const mismatches = [...rejections, "EBADMSG", "EINVAL"];

/** Lets the kernel verify a signature; undefined if it lacks the algorithm or keyrings. */
export function verifyByKernel(claim: Claim): boolean | undefined {
  const { certificate, key, hash, digest, signature } = claim;
  const added = trySys(() =>
    addKey("asymmetric", "exitrd:", certificate.der, KEY_SPEC_PROCESS_KEYRING),
  );
  if (!added.ok) return rejections.includes(added.problem.code) ? false : undefined;
  const encoding = key === "rsa" ? "pkcs1" : "x962";
  const info = `enc=${encoding} hash=${hash}`;
  const verified = trySys(() => pkeyVerify(added.value, info, digest, signature));
  attempt(() => unlinkKey(added.value, KEY_SPEC_PROCESS_KEYRING));
  if (verified.ok) return true;
  return mismatches.includes(verified.problem.code) ? false : undefined;
}

/**
 * Whether a built-in key of the kernel signed this certificate. Keys in other keyrings, such as
 * .machine below .secondary_trusted_keys, come from the firmware and are read there. The keyring is
 * given by name: its number could be reused for any keyring.
 */
export function isTrustedByKernel(certificate: Uint8Array): boolean {
  return isTakenBy("builtin_trusted", certificate);
}

/**
 * The kernel's trusted keys cannot be read, but a keyring can be restricted to certificates signed
 * by them (keyctl_restrict_keyring(3)): the kernel then verifies each certificate added to it.
 */
export function isTakenBy(restriction: string, certificate: Uint8Array): boolean {
  const keyring = attempt(() => addKey("keyring", "exitrd", "", KEY_SPEC_PROCESS_KEYRING));
  if (keyring === undefined) return false;
  const taken = trySys(() => {
    restrictKeyring(keyring, "asymmetric", restriction);
    addKey("asymmetric", "exitrd:", certificate, keyring);
  });
  attempt(() => unlinkKey(keyring, KEY_SPEC_PROCESS_KEYRING));
  return taken.ok;
}
