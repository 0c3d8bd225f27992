import { createHash } from "node:crypto";

/**
 * Returns the SHA-256 of several inputs, as hexadecimal digits.
 *
 * Each part is preceded by its length: ("ab", "c") and ("a", "bc") differ.
 */
export function hashParts(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex");
}

/** Returns the SHA-256 of bytes, as sha256sum prints it. */
export function hashBytes(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
