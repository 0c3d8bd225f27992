/** DRBD 8.4, as Linux has it: include/linux/drbd_genl.h. DRBD 9 has no GET_STATUS. */
import {
  decodeString,
  encodeAttribute,
  encodeGenericRequest,
  encodeString,
  findAttribute,
  NLA_F_NESTED,
  readPayload,
} from "../../text/genetlink.ts";

export const DRBD_FAMILY = "drbd";
/** Reserved for DRBD in Documentation/admin-guide/devices.txt. */
export const DRBD_MAJOR = 147;

const DRBD_ADM_GET_STATUS = 2;
const DRBD_ADM_DOWN = 27;
const DRBD_NLA_CFG_CONTEXT = 2;
const T_CTX_RESOURCE_NAME = 2;
/** struct drbd_genlmsghdr: minor, and flags or the answer's code. */
const HEADER_SIZE = 8;
const NO_MINOR = 0xffff_ffff;

/** Queries one minor. */
export function encodeDrbdStatus(family: number, minor: number): Uint8Array<ArrayBuffer> {
  return encodeGenericRequest({ family, command: DRBD_ADM_GET_STATUS, payload: header(minor) });
}

/** The name of the minor's resource. */
export function decodeDrbdResource(answer: Uint8Array): string | undefined {
  const context = findAttribute(readPayload(answer, HEADER_SIZE), DRBD_NLA_CFG_CONTEXT);
  const name = context === undefined ? undefined : findAttribute(context, T_CTX_RESOURCE_NAME);
  return name === undefined ? undefined : decodeString(name);
}

/** Demotes, disconnects, detaches and deletes a resource. */
export function encodeDrbdDown(family: number, resource: string): Uint8Array<ArrayBuffer> {
  const name = encodeAttribute(T_CTX_RESOURCE_NAME, encodeString(resource));
  const context = encodeAttribute(DRBD_NLA_CFG_CONTEXT | NLA_F_NESTED, name);
  const payload = new Uint8Array(HEADER_SIZE + context.length);
  payload.set(header(NO_MINOR));
  payload.set(context, HEADER_SIZE);
  return encodeGenericRequest({ family, command: DRBD_ADM_DOWN, payload });
}

function header(minor: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE);
  new DataView(bytes.buffer).setUint32(0, minor, true);
  return bytes;
}
