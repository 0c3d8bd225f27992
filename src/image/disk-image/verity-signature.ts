import { base64 } from "@scure/base";
import { toByteString } from "../../text/bytes.ts";
import { accept, type Checked, refuse } from "../../text/checked.ts";

import type { FormProblem } from "./form-problem.ts";

/** A root hash and its signature. */
export interface VeritySignature {
  /** 64 lower-case hexadecimal digits. */
  readonly rootHash: string;
  /** PKCS#7, DER, detached, over the text of `rootHash`. */
  readonly signature: Uint8Array;
}

// Each file of an ESP that anybody can write to is decoded in script before it can be refused.
// A signature with its certificates has some KiB.
const largest = 128 * 1024;

/**
 * Reads a signature partition: JSON, padded with NULs (Discoverable Partitions Specification). Its
 * certificateFingerprint is ignored, since the signature itself names the certificate.
 */
export function parseVeritySignature(partition: Uint8Array): Checked<VeritySignature, FormProblem> {
  const end = partition.indexOf(0);
  const length = end < 0 ? partition.length : end;
  if (length > largest) return bad("signature");
  const value = parseJson(toByteString(partition.subarray(0, length)));
  if (value === undefined) return bad("no-json");
  const { rootHash, signature } = value;
  if (typeof rootHash !== "string" || !/^[0-9a-f]{64}$/i.test(rootHash)) return bad("root-hash");
  const bytes = typeof signature === "string" ? decode(signature) : undefined;
  if (bytes === undefined) return bad("signature");
  return accept({ rootHash: rootHash.toLowerCase(), signature: bytes });
}

function bad(
  reason: Extract<FormProblem, { readonly kind: "verity-signature" }>["reason"],
): Checked<never, FormProblem> {
  return refuse({ kind: "verity-signature", reason });
}

function parseJson(
  text: string,
): { readonly rootHash?: unknown; readonly signature?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function decode(text: string): Uint8Array | undefined {
  try {
    return base64.decode(text);
  } catch {
    return undefined;
  }
}
