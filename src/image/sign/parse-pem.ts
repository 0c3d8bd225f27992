import { base64 } from "@scure/base";

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

/**
 * Blocks that openssl also accepts as certificates or revocation lists. They are not supported, but
 * must not be ignored silently.
 */
const OTHER = /-----BEGIN (?!CERTIFICATE-----)[A-Z0-9 ]*(CERTIFICATE|CRL)-----/;

/**
 * The DER of each certificate in a PEM file (RFC 7468), in order; undefined if one is invalid. Text
 * around them, as written by openssl, is ignored.
 */
export function parsePem(text: string): readonly Uint8Array[] | undefined {
  if (OTHER.test(text)) return undefined;
  const found: Uint8Array[] = [];
  for (const part of text.split(BEGIN).slice(1)) {
    const end = part.indexOf(END);
    if (end < 0) return undefined;
    try {
      found.push(base64.decode(part.slice(0, end).replace(/[ \t\r\n]+/g, "")));
    } catch (thrown) {
      if (!(thrown instanceof Error)) throw thrown;
      return undefined;
    }
  }
  return found;
}
