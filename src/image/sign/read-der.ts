import { accept, type Checked, refuse } from "../../text/checked.ts";
import type { DerProblem } from "./signature-problem.ts";

/** One value of DER with its position: signatures are over bytes, not over their meaning. */
export interface DerNode {
  /** The identifier octet, as in 0x30 for a SEQUENCE. */
  readonly tag: number;
  /** The bytes including the header, as a view. */
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
  /** The members of a constructed value; empty for a primitive one. */
  readonly children: readonly DerNode[];
}

// CMS with a chain of certificates has 12 levels.
const DEEPEST = 24;
const MOST_NODES = 4_096;

const CONSTRUCTED = 0x20;
const CLASS = 0xc0;

/**
 * Reads one DER value (X.690, 10 and 11) that must fill `bytes`. Each value has exactly one
 * encoding: everything else that BER allows, above all indefinite and overlong lengths, is rejected
 * before a library sees it, so that all readers see the same signature.
 */
export function readDer(bytes: Uint8Array): Checked<DerNode, DerProblem> {
  const state = { bytes, left: MOST_NODES };
  const node = readNode(state, 0, bytes.length, 0);
  if (typeof node === "number") return refuse({ kind: "not-der", at: node });
  const end = node.bytes.length;
  return end === bytes.length ? accept(node) : refuse({ kind: "trailing", at: end });
}

/**
 * Whether the first bytes are the header of a value with this tag that fills `bytes`. The contents
 * are not examined.
 */
export function isOneValue(bytes: Uint8Array, tag: number): boolean {
  const length = bytes[0] === tag ? readLength(bytes, 1) : undefined;
  return length !== undefined && length.end + length.value === bytes.length;
}

interface State {
  readonly bytes: Uint8Array;
  left: number;
}

/** The offset of the first error, if there is one. */
function readNode(state: State, at: number, limit: number, depth: number): DerNode | number {
  const { bytes } = state;
  const tag = bytes[at];
  state.left -= 1;
  if (tag === undefined || at >= limit || depth > DEEPEST || state.left < 0) return at;
  const length = readLength(bytes, at + 1);
  if (length === undefined || length.end + length.value > limit) return at + 1;
  const end = length.end + length.value;
  const content = bytes.subarray(length.end, end);
  if (!isPlainTag(tag) || !isCanonical(tag, content)) return at;
  const children: DerNode[] = [];
  for (let next = length.end; (tag & CONSTRUCTED) !== 0 && next < end; ) {
    const child = readNode(state, next, end, depth + 1);
    if (typeof child === "number") return child;
    children.push(child);
    next += child.bytes.length;
  }
  return { tag, bytes: bytes.subarray(at, end), content, children };
}

/** Accepts only the shortest form of a definite length. */
function readLength(bytes: Uint8Array, at: number): { value: number; end: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { value: first, end: at + 1 };
  const count = first - 0x80;
  if (count === 0 || count > 4) return undefined;
  let value = 0;
  for (let i = 1; i <= count; i++) value = value * 256 + (bytes[at + i] ?? Number.NaN);
  const isShortest = value >= 0x80 && value >= 256 ** (count - 1);
  return isShortest ? { value, end: at + 1 + count } : undefined;
}

/**
 * Whether the tag is a single octet (numbers above 30 take more) and, if universal, constructed
 * only for SEQUENCE and SET.
 */
function isPlainTag(tag: number): boolean {
  if ((tag & 0x1f) === 0x1f) return false;
  if ((tag & CLASS) !== 0) return true;
  const number = tag & 0x1f;
  return number !== 0 && (number === 0x10 || number === 0x11) === ((tag & CONSTRUCTED) !== 0);
}

function isCanonical(tag: number, content: Uint8Array): boolean {
  const [first = 0, second = 0] = content;
  switch (tag) {
    case 0x01:
      return content.length === 1 && (first === 0 || first === 0xff);
    case 0x02:
      if (content.length < 2) return content.length === 1;
      return !(first === 0 && second < 0x80) && !(first === 0xff && second >= 0x80);
    case 0x03:
      return isCanonicalBits(content);
    case 0x05:
      return content.length === 0;
    case 0x06:
      return content.length > 0 && ((content.at(-1) ?? 0) & 0x80) === 0;
    default:
      return true;
  }
}

/** Unused bits must be zero. */
function isCanonicalBits(content: Uint8Array): boolean {
  const unused = content[0];
  if (unused === undefined || unused > 7) return false;
  if (content.length === 1) return unused === 0;
  return ((content.at(-1) ?? 0) & ((1 << unused) - 1)) === 0;
}
