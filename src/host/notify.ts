import { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, sendUnix, sendVsock } from "exitrd:sys";
import { attempt } from "../port/sys-error.ts";

const VSOCK_TYPES: Readonly<Record<string, number>> = {
  vsock: SOCK_STREAM,
  "vsock-stream": SOCK_STREAM,
  "vsock-dgram": SOCK_DGRAM,
  "vsock-seqpacket": SOCK_SEQPACKET,
};

/** sd_notify(3): notifies the manager, for example of a virtual machine. Never fails. */
export function notify(socket: string, state: string): void {
  const [scheme = "", cid, port] = socket.split(":");
  const type = VSOCK_TYPES[scheme];
  if (type === undefined) {
    attempt(() => sendUnix(socket, state));
    return;
  }
  attempt(() => sendVsock(type, Number(cid), Number(port), state));
}
