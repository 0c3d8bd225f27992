import { base64 } from "@scure/base";

/** Certificates as a PEM file (RFC 7468). */
export function writePem(certificates: readonly { readonly der: Uint8Array }[]): string {
  return certificates.map(({ der }) => writeBlock(base64.encode(der))).join("");
}

function writeBlock(text: string): string {
  const lines = text.match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
