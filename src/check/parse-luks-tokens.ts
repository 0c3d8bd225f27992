import { toByteString } from "../text/bytes.ts";

const MAGIC = "LUKS\xba\xbe";
const HEADER_SIZE = 4096;
// Offsets in the binary header (cryptsetup: docs/on-disk-format-luks2.pdf).
const VERSION_AT = 6;
const SIZE_AT = 8;

/**
 * The PCRs that tokens of type "systemd-tpm2" bind a LUKS2 volume to, sorted; empty if there are
 * none.
 */
export function parseLuksTokens(start: Uint8Array): readonly number[] {
  if (start.length < HEADER_SIZE || toByteString(start.subarray(0, MAGIC.length)) !== MAGIC)
    return [];
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  if (view.getUint16(VERSION_AT) !== 2) return [];
  // The upper half is 0: the largest header has 4 MiB.
  const size = Math.min(view.getUint32(SIZE_AT + 4), start.length);
  const text = toByteString(start.subarray(HEADER_SIZE, size));
  const end = text.indexOf("\0");
  const tokens = readTokens(end < 0 ? text : text.slice(0, end));
  const pcrs = tokens.flatMap((token) =>
    token.type === "systemd-tpm2" && Array.isArray(token["tpm2-pcrs"]) ? token["tpm2-pcrs"] : [],
  );
  return [...new Set(pcrs.filter((pcr) => Number.isInteger(pcr)))].sort((a, b) => a - b);
}

interface Token {
  readonly type?: unknown;
  readonly "tpm2-pcrs"?: unknown;
}

function readTokens(text: string): readonly Token[] {
  try {
    const { tokens } = JSON.parse(text);
    return Object.values<Token | null>(tokens ?? {}).flatMap((token) => token ?? []);
  } catch {
    // The JSON area is damaged. cryptsetup would use the second copy of the header, which is not
    // read here.
    return [];
  }
}
