import {
  addKey,
  describeKey,
  KEY_SPEC_PROCESS_KEYRING,
  pkeyVerify,
  restrictKeyring,
  unlinkKey,
} from "exitrd:key";
import { readFile } from "exitrd:sys";
import { findKeyringHints, isKernelKeyring } from "../core/parse/proc-keys.ts";
import type { Claim } from "../core/sign/arithmetic.ts";
import { attempt } from "../port/sys-error.ts";
import { trySys } from "../port/sys-failure.ts";

/** What the firmware and the machine's owner trust: of these a key can be found by its number alone. */
const namedKeyrings = [".machine", ".platform"];

/**
 * What the kernel says of a certificate whose key is bad or on its blacklist
 * (dbx), and of a signature that does not match; all else, such as ENOPKG, is
 * about the kernel.
 */
const rejections = ["EKEYREJECTED", "EKEYREVOKED", "EKEYEXPIRED"];
const mismatches = [...rejections, "EBADMSG", "EINVAL"];

/** Has the kernel verify a signature; undefined where it cannot, for lack of the algorithm or of keyrings. */
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

/** Whether a trusted key of the kernel is this certificate's, or signed it. */
export function isTrustedByKernel(certificate: Uint8Array): boolean {
  const text = attempt(() => readFile("/proc/keys")) ?? "";
  return [
    // With .builtin_trusted_keys, .secondary_trusted_keys and what is linked into them.
    "builtin_and_secondary_trusted",
    ...findKeyringHints(text, namedKeyrings)
      .filter((serial) => isKernelKeyring(attempt(() => describeKey(serial)) ?? "", namedKeyrings))
      .map((serial) => `key_or_keyring:${serial}`),
  ].some((restriction) => isTakenBy(restriction, certificate));
}

/**
 * Nobody can read the kernel's trusted keys, but a keyring can be restricted
 * (keyctl_restrict_keyring(3)) to what they signed: the kernel then verifies
 * each certificate that is added to it.
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
