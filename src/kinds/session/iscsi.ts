/** The kernel's iSCSI initiator over netlink: include/scsi/iscsi_if.h, RFC 7143. */

export const NETLINK_ISCSI = 8;
/** Bit mask of the multicast group that receives the target's responses: ISCSI_NL_GRP_ISCSID. */
export const ISCSID_GROUP = 1;

export const ISCSI_UEVENT_DESTROY_SESSION = 12;
export const ISCSI_UEVENT_DESTROY_CONN = 14;
export const ISCSI_UEVENT_STOP_CONN = 18;
export const ISCSI_UEVENT_SEND_PDU = 19;
const ISCSI_KEVENT_RECV_PDU = 101;

const STOP_CONN_TERM = 1;
const NETLINK_HEADER_SIZE = 16;
/** sizeof(struct iscsi_uevent) */
const EVENT_SIZE = 56;
const PDU_HEADER_SIZE = 48;
const LOGOUT_REQUEST = 0x06;
const LOGOUT_RESPONSE = 0x26;
const IMMEDIATE = 0x40;
// Reason 0, "close the session", with the final bit that every such PDU has.
const CLOSE_SESSION = 0x80;

/** The offsets of the parts of an event. */
const AT = { type: 0, error: 4, transport: 8, session: 16, connection: 20, rest: 24, result: 40 };
const AT_STOP_FLAG = 32;

export interface IscsiConnection {
  readonly session: number;
  readonly connection: number;
}

/** "connection1:0" */
export function parseIscsiConnection(name: string): IscsiConnection | undefined {
  const found = /^connection([0-9]+):([0-9]+)$/.exec(name);
  if (found === null) return undefined;
  return { session: Number(found[1]), connection: Number(found[2]) };
}

type Request =
  | typeof ISCSI_UEVENT_DESTROY_SESSION
  | typeof ISCSI_UEVENT_DESTROY_CONN
  | typeof ISCSI_UEVENT_STOP_CONN
  | typeof ISCSI_UEVENT_SEND_PDU;

/**
 * Encodes a message to the kernel. `transport` is the text of
 * /sys/class/iscsi_transport/tcp/handle. SEND_PDU sends a logout.
 */
export function encodeIscsiRequest(
  type: Request,
  { session, connection }: IscsiConnection,
  transport: string,
): Uint8Array<ArrayBuffer> {
  const pdu = type === ISCSI_UEVENT_SEND_PDU ? PDU_HEADER_SIZE : 0;
  const bytes = new Uint8Array(NETLINK_HEADER_SIZE + EVENT_SIZE + pdu);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, bytes.length, true);
  header.setUint16(4, type, true);
  const event = new DataView(bytes.buffer, NETLINK_HEADER_SIZE);
  event.setUint32(AT.type, type, true);
  event.setBigUint64(AT.transport, readHandle(transport), true);
  event.setUint32(AT.session, session, true);
  event.setUint32(AT.connection, connection, true);
  if (type === ISCSI_UEVENT_STOP_CONN) event.setUint32(AT_STOP_FLAG, STOP_CONN_TERM, true);
  if (type === ISCSI_UEVENT_SEND_PDU) {
    event.setUint32(AT.rest, PDU_HEADER_SIZE, true);
    event.setUint8(EVENT_SIZE, LOGOUT_REQUEST | IMMEDIATE);
    event.setUint8(EVENT_SIZE + 1, CLOSE_SESSION);
  }
  return bytes;
}

/**
 * Writes a kernel address, which a number cannot hold exactly. 0 if there is none; the kernel
 * rejects that.
 */
function readHandle(text: string): bigint {
  const digits = text.trim();
  return /^[0-9]{1,20}$/.test(digits) ? BigInt(digits) : 0n;
}

/** The type of a message from the kernel. */
export type IscsiAnswer =
  /** The response to a request of this type: 0 or a negative errno. */
  | { readonly kind: "reply"; readonly type: number; readonly result: number }
  /** Whether the target has responded to the logout. */
  | { readonly kind: "logged-out" }
  | { readonly kind: "other" };

export function decodeIscsiAnswer(bytes: Uint8Array): IscsiAnswer {
  if (bytes.length < NETLINK_HEADER_SIZE + EVENT_SIZE) return { kind: "other" };
  const event = new DataView(bytes.buffer, bytes.byteOffset + NETLINK_HEADER_SIZE);
  const type = event.getUint32(AT.type, true);
  if (type === ISCSI_KEVENT_RECV_PDU) {
    const isLogout = (bytes[NETLINK_HEADER_SIZE + EVENT_SIZE] ?? 0) === LOGOUT_RESPONSE;
    return { kind: isLogout ? "logged-out" : "other" };
  }
  if (type > ISCSI_KEVENT_RECV_PDU) return { kind: "other" };
  const error = event.getInt32(AT.error, true);
  return { kind: "reply", type, result: error !== 0 ? error : event.getInt32(AT.result, true) };
}
