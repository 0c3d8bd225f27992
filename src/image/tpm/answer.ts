import { accept, type Checked, refuse } from "../../text/checked.ts";
import { CAP_PCRS, ST_SESSIONS } from "./command.ts";
import { type HashName, hashAlgorithms } from "./hash-algorithm.ts";

/** Why a TPM's response is not a success. */
export type AnswerProblem =
  | { readonly kind: "no-answer" }
  /** TPM_RC (Part 2, 6.6). */
  | { readonly kind: "refused"; readonly code: number }
  /** It is not a valid response to the command. */
  | { readonly kind: "bad-answer" };

const headerSize = 10;
// TPM_CAP_PCRS: more banks than there are algorithms are invalid.
const mostBanks = 16;

/** Whether TPM2_PCR_Extend succeeded. */
export function parseExtended(answer: Uint8Array): Checked<true, AnswerProblem> {
  const body = parseHeader(answer);
  if (!body.ok) return body;
  return viewOf(answer).getUint16(0) === ST_SESSIONS ? accept(true) : bad;
}

/**
 * Reads the answer to TPM2_GetCapability: the digests of the banks that are active for
 * `pcr`. Banks of other algorithms (SM3, SHA-3) are left out.
 */
export function parseBanks(
  answer: Uint8Array,
  pcr: number,
): Checked<readonly HashName[], AnswerProblem> {
  const body = parseHeader(answer);
  if (!body.ok) return body;
  const view = viewOf(body.value);
  // moreData, capability, the number of banks.
  if (view.byteLength < 9 || view.getUint32(1) !== CAP_PCRS) return bad;
  const count = view.getUint32(5);
  if (count > mostBanks) return bad;
  const active: number[] = [];
  let at = 9;
  for (let bank = 0; bank < count; bank++) {
    // TPMS_PCR_SELECTION: algorithm, length of the bit map, bit map.
    if (at + 3 > view.byteLength) return bad;
    const size = view.getUint8(at + 2);
    if (at + 3 + size > view.byteLength) return bad;
    const byte = pcr >>> 3 < size ? view.getUint8(at + 3 + (pcr >>> 3)) : 0;
    if ((byte & (1 << (pcr & 7))) !== 0) active.push(view.getUint16(at));
    at += 3 + size;
  }
  if (at !== view.byteLength) return bad;
  return accept(hashAlgorithms.filter(({ id }) => active.includes(id)).map(({ name }) => name));
}

const bad = refuse<AnswerProblem>({ kind: "bad-answer" });

/** The parameters after the header of a response: tag, size, response code. */
function parseHeader(answer: Uint8Array): Checked<Uint8Array, AnswerProblem> {
  if (answer.length === 0) return refuse({ kind: "no-answer" });
  if (answer.length < headerSize) return bad;
  const view = viewOf(answer);
  if (view.getUint32(2) !== answer.length) return bad;
  const code = view.getUint32(6);
  return code === 0 ? accept(answer.subarray(headerSize)) : refuse({ kind: "refused", code });
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
