/** Generic netlink messages: linux/netlink.h, linux/genetlink.h. */
import { readByteString } from "./struct-bytes.ts";

export const NETLINK_GENERIC = 16;
/** The address of the controller of all families. */
export const GENL_ID_CTRL = 16;

const NLM_F_REQUEST = 1;
const NLMSG_ERROR = 2;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;
/** struct nlmsghdr and struct genlmsghdr. */
const HEADER_SIZE = 20;
const ATTRIBUTE_HEADER_SIZE = 4;
/** Required since Linux 5.2 for attributes that contain others. */
export const NLA_F_NESTED = 0x8000;
// The upper two bits of an attribute's type are flags.
const TYPE_MASK = 0x3fff;

export interface GenericRequest {
  /** The number that the kernel assigned to the family. */
  readonly family: number;
  readonly command: number;
  /** The family's own header, and its attributes. */
  readonly payload: Uint8Array;
}

export function encodeGenericRequest({ family, command, payload }: GenericRequest) {
  const bytes = new Uint8Array(HEADER_SIZE + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, family, true);
  view.setUint16(6, NLM_F_REQUEST, true);
  view.setUint8(16, command);
  view.setUint8(17, 1);
  bytes.set(payload, HEADER_SIZE);
  return bytes;
}

/** Asks the controller for the number of a family. */
export function encodeFamilyRequest(name: string): Uint8Array<ArrayBuffer> {
  const payload = encodeAttribute(CTRL_ATTR_FAMILY_NAME, encodeString(name));
  return encodeGenericRequest({ family: GENL_ID_CTRL, command: CTRL_CMD_GETFAMILY, payload });
}

/** Parses the controller's response; undefined if there is no such family. */
export function decodeFamilyAnswer(answer: Uint8Array): number | undefined {
  const value = findAttribute(readPayload(answer, 0), CTRL_ATTR_FAMILY_ID);
  if (value === undefined || value.length < 2) return undefined;
  return viewOf(value).getUint16(0, true);
}

/**
 * The data after the netlink headers and the family's own header of `ownHeader` bytes; empty for an
 * error.
 */
export function readPayload(answer: Uint8Array, ownHeader: number): Uint8Array {
  const start = HEADER_SIZE + ownHeader;
  if (answer.length < start) return new Uint8Array();
  const view = viewOf(answer);
  if (view.getUint16(4, true) === NLMSG_ERROR) return new Uint8Array();
  return answer.subarray(start, Math.min(answer.length, view.getUint32(0, true)));
}

/** One attribute, padded to the alignment of the next one. */
export function encodeAttribute(type: number, value: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = ATTRIBUTE_HEADER_SIZE + value.length;
  const bytes = new Uint8Array(alignUp(length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, length, true);
  view.setUint16(2, type, true);
  bytes.set(value, ATTRIBUTE_HEADER_SIZE);
  return bytes;
}

/** A byte string with its NUL. */
export function encodeString(text: string): Uint8Array {
  return Uint8Array.from(`${text}\0`, (character) => character.charCodeAt(0));
}

export function decodeString(value: Uint8Array): string {
  return readByteString(viewOf(value), 0, value.length);
}

/** The value of the first attribute of this type. */
export function findAttribute(attributes: Uint8Array, type: number): Uint8Array | undefined {
  const view = viewOf(attributes);
  for (let at = 0; at + ATTRIBUTE_HEADER_SIZE <= attributes.length; ) {
    const length = view.getUint16(at, true);
    if (length < ATTRIBUTE_HEADER_SIZE || at + length > attributes.length) return undefined;
    if ((view.getUint16(at + 2, true) & TYPE_MASK) === type) {
      return attributes.subarray(at + ATTRIBUTE_HEADER_SIZE, at + length);
    }
    at += alignUp(length);
  }
  return undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function alignUp(length: number): number {
  return (length + 3) & ~3;
}
