import { type Attribute, id_contentType, id_messageDigest } from "@peculiar/asn1-cms";
import { equalBytes } from "../../text/bytes.ts";
import { accept, type Checked, refuse } from "../../text/checked.ts";
import { type DerNode, isOneValue, readDer } from "./read-der.ts";
import type { MessageProblem } from "./signature-problem.ts";

/** Attributes that are signed instead of the content itself (RFC 5652, 5.4). */
export interface SignedAttributes {
  /** The signed bytes. */
  readonly signed: Uint8Array;
  /** The content's digest. */
  readonly messageDigest: Uint8Array;
}

// DER of the OBJECT IDENTIFIER 1.2.840.113549.1.7.1.
const dataType = Uint8Array.of(6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1);

const SET = 0x31;

/**
 * Reads the attributes; undefined if there are none. Others, such as signingTime, are ignored: the
 * signer's clock proves nothing.
 */
export function readSignedAttributes(
  attributes: readonly Attribute[] | undefined,
  signer: DerNode,
): Checked<SignedAttributes | undefined, MessageProblem> {
  const node = signer.children.find(({ tag }) => tag === 0xa0);
  if (attributes === undefined) {
    // Parsers do not distinguish an empty set from none, so it could be added to any signature
    // without attributes.
    return node === undefined
      ? accept(undefined)
      : refuse({ kind: "malformed", part: "empty set of attributes" });
  }
  const type = findValue(attributes, id_contentType);
  const digest = readDer(findValue(attributes, id_messageDigest) ?? new Uint8Array());
  if (node === undefined || type === undefined || !equalBytes(type, dataType)) {
    return refuse({ kind: "malformed", part: "attribute with the content type" });
  }
  if (!digest.ok || digest.value.tag !== 4) {
    return refuse({ kind: "malformed", part: "attribute with the digest" });
  }
  const signed = Uint8Array.from(node.bytes);
  // They are signed as a SET, but stored as [0] IMPLICIT.
  signed[0] = SET;
  return accept({ signed, messageDigest: digest.value.content });
}

/**
 * Whether the content may be another signature's attributes. A signature without attributes does
 * not reveal which of the two was signed: a signature over attributes, stripped of them, is valid
 * for a content with the same bytes (RFC 5652, 11).
 */
export function mayBeAttributes(content: Uint8Array): boolean {
  return isOneValue(content, SET);
}

/** The one value of the one attribute of this type. */
function findValue(attributes: readonly Attribute[], type: string): Uint8Array | undefined {
  const found = attributes.filter(({ attrType }) => attrType === type);
  const [value, excess] = found[0]?.attrValues ?? [];
  return found.length === 1 && value && excess === undefined ? new Uint8Array(value) : undefined;
}
