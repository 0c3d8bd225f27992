import { joinBytes } from "../../text/bytes.ts";
import { type BankDigest, hashAlgorithms } from "./hash-algorithm.ts";

// TPM 2.0 Part 2: structures tags, command codes, capabilities, handles.
const ST_NO_SESSIONS = 0x8001;
export const ST_SESSIONS = 0x8002;
const CC_GET_CAPABILITY = 0x0000_017a;
const CC_PCR_EXTEND = 0x0000_0182;
export const CAP_PCRS = 0x0000_0005;
const RS_PW = 0x4000_0009;

/** TPM2_GetCapability (Part 3, 30.2) for the banks of PCRs. */
export function encodeGetBanks(): Uint8Array {
  return encode(ST_NO_SESSIONS, CC_GET_CAPABILITY, [u32(CAP_PCRS), u32(0), u32(1)]);
}

/**
 * TPM2_PCR_Extend (Part 3, 22.2) of one PCR in several banks at once, with the empty
 * password that PCRs have.
 */
export function encodePcrExtend(pcr: number, digests: readonly BankDigest[]): Uint8Array {
  // No nonce, no attributes, no password.
  const authorization = [u32(RS_PW), u16(0), new Uint8Array(1), u16(0)];
  const values = digests.flatMap(({ hashAlg, digest }) => [u16(findId(hashAlg)), unhex(digest)]);
  return encode(ST_SESSIONS, CC_PCR_EXTEND, [
    u32(pcr),
    u32(joinBytes(authorization).length),
    ...authorization,
    u32(digests.length),
    ...values,
  ]);
}

function encode(tag: number, code: number, parameters: readonly Uint8Array[]): Uint8Array {
  const body = joinBytes(parameters);
  return joinBytes([u16(tag), u32(10 + body.length), u32(code), body]);
}

function findId(name: BankDigest["hashAlg"]): number {
  const found = hashAlgorithms.find((algorithm) => algorithm.name === name);
  if (found === undefined) throw new Error(`no algorithm ${name}`);
  return found.id;
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value & 0xff);
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

function unhex(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}
