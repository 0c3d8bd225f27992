import { equalBytes, joinBytes, toByteString } from "../../text/bytes.ts";

/**
 * The file that keeps records: 16 blocks of 4 KiB, in two slots of eight.
 *
 *   block  0 magic "EXITRDB1"   8 nonce of the file   24 u32 its number   28 u32 0   32 part of the slot
 *   slot   0 u32 version   4 u32 length   8 u32 sequence   16 boot id   32 SHA-256   64 body
 *
 * Numbers are little-endian. Each block has the file's nonce, and is overwritten only if it was
 * read immediately before and had it: whatever happened to the file, only blocks that once belonged
 * to it can be hit. The digest covers the bytes before it, and the body.
 */
export const BLOCK_SIZE = 4096;
const BLOCK_HEAD = 32;
const PART_SIZE = BLOCK_SIZE - BLOCK_HEAD;
const SLOT_BLOCKS = 8;
export const SLOT_COUNT = 2;
export const RECORD_FILE_SIZE = SLOT_COUNT * SLOT_BLOCKS * BLOCK_SIZE;

const MAGIC = "EXITRDB1";
const SLOT_HEAD = 64;
const DIGEST_AT = 32;
const VERSION = 1;

/** The longest body that a slot holds, in bytes. */
export const LONGEST_BODY = SLOT_BLOCKS * PART_SIZE - SLOT_HEAD;

type Sha256 = (data: Uint8Array) => string;

export interface SlotContents {
  readonly sequence: number;
  /** boot_id, 32 lower-case hexadecimal digits. */
  readonly bootId: string;
  readonly body: Uint8Array;
}

/** The contents of a slot. */
export type Slot =
  | { readonly kind: "empty" }
  | ({ readonly kind: "whole" } & SlotContents)
  /** It was written incompletely, or changed afterwards. */
  | { readonly kind: "torn" };

/** The offset of a slot in the file, in bytes. */
export function slotOffset(slot: number): number {
  return slot * SLOT_BLOCKS * BLOCK_SIZE;
}

/** Encodes a file without a record. `nonce` is 32 hexadecimal digits. */
export function encodeEmptyFile(nonce: string): Uint8Array {
  const slots = Array.from({ length: SLOT_COUNT }, (_, slot) =>
    encodeBlocks(nonce, slot, new Uint8Array(SLOT_BLOCKS * PART_SIZE)),
  );
  return joinBytes(slots);
}

/**
 * Encodes the blocks at the start of a slot, as many as the body needs. Throws if the body is too
 * long.
 */
export function encodeSlot(
  nonce: string,
  slot: number,
  contents: SlotContents,
  sha256: Sha256,
): Uint8Array {
  const { length } = contents.body;
  if (length > LONGEST_BODY) throw new Error(`a record of ${length} bytes`);
  return encodeBlocks(nonce, slot, encodeContents(contents, sha256));
}

/** Encodes the contents of a slot, not yet divided into blocks. */
export function encodeContents(
  { sequence, bootId, body }: SlotContents,
  sha256: Sha256,
): Uint8Array {
  const head = new Uint8Array(SLOT_HEAD);
  const view = new DataView(head.buffer);
  view.setUint32(0, VERSION, true);
  view.setUint32(4, body.length, true);
  view.setUint32(8, sequence, true);
  head.set(fromHex(bootId), 16);
  head.set(fromHex(sha256(joinBytes([head.subarray(0, DIGEST_AT), body]))), DIGEST_AT);
  return joinBytes([head, body]);
}

function encodeBlocks(nonce: string, slot: number, text: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < text.length; at += PART_SIZE) {
    const block = new Uint8Array(BLOCK_SIZE);
    block.set(encodeHead(nonce, slot * SLOT_BLOCKS + blocks.length));
    block.set(text.subarray(at, at + PART_SIZE), BLOCK_HEAD);
    blocks.push(block);
  }
  return joinBytes(blocks);
}

function encodeHead(nonce: string, index: number): Uint8Array {
  const head = new Uint8Array(BLOCK_HEAD);
  for (let i = 0; i < MAGIC.length; i++) head[i] = MAGIC.charCodeAt(i);
  head.set(fromHex(nonce), MAGIC.length);
  new DataView(head.buffer).setUint32(24, index, true);
  return head;
}

/** Whether the bytes read at `offset` of the file are all blocks with this nonce. */
export function areOurBlocks(found: Uint8Array, nonce: string, offset: number): boolean {
  if (found.length === 0 || found.length % BLOCK_SIZE !== 0) return false;
  for (let at = 0; at < found.length; at += BLOCK_SIZE) {
    const head = encodeHead(nonce, (offset + at) / BLOCK_SIZE);
    if (!equalBytes(found.subarray(at, at + BLOCK_HEAD), head)) return false;
  }
  return true;
}

/** The nonce of a file, if all its blocks are intact; undefined if it is not a record file. */
export function readNonce(file: Uint8Array): string | undefined {
  if (file.length !== RECORD_FILE_SIZE) return undefined;
  const nonce = toHex(file.subarray(MAGIC.length, MAGIC.length + 16));
  return areOurBlocks(file, nonce, 0) ? nonce : undefined;
}

/** Whether it begins like a record file, damaged or not. */
export function looksLikeRecordFile(start: Uint8Array): boolean {
  return toByteString(start.subarray(0, MAGIC.length)) === MAGIC;
}

/** Decodes one slot of a file that `readNonce` has accepted. */
export function decodeSlot(file: Uint8Array, slot: number, sha256: Sha256): Slot {
  const start = slotOffset(slot);
  const parts = Array.from({ length: SLOT_BLOCKS }, (_, index) => {
    const at = start + index * BLOCK_SIZE;
    return file.subarray(at + BLOCK_HEAD, at + BLOCK_SIZE);
  });
  return decodeContents(joinBytes(parts), sha256);
}

/** The inverse of `encodeContents`; further bytes may follow. */
export function decodeContents(text: Uint8Array, sha256: Sha256): Slot {
  if (text.subarray(0, SLOT_HEAD).every((byte) => byte === 0)) return { kind: "empty" };
  if (text.length < SLOT_HEAD) return { kind: "torn" };
  const view = new DataView(text.buffer, text.byteOffset, text.byteLength);
  const length = view.getUint32(4, true);
  const body = text.slice(SLOT_HEAD, SLOT_HEAD + length);
  if (view.getUint32(0, true) !== VERSION || body.length !== length) return { kind: "torn" };
  const digest = toHex(text.subarray(DIGEST_AT, SLOT_HEAD));
  const isWhole = sha256(joinBytes([text.subarray(0, DIGEST_AT), body])) === digest;
  if (!isWhole) return { kind: "torn" };
  const bootId = toHex(text.subarray(16, DIGEST_AT));
  return { kind: "whole", sequence: view.getUint32(8, true), bootId, body };
}

function fromHex(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

export function toHex(bytes: Uint8Array): string {
  let digits = "";
  for (const byte of bytes) digits += byte.toString(16).padStart(2, "0");
  return digits;
}
