import { close, openNetlink, POLLIN, poll, read, readFile, write } from "exitrd:sys";
import {
  decodeIscsiAnswer,
  encodeIscsiRequest,
  ISCSI_UEVENT_DESTROY_CONN,
  ISCSI_UEVENT_DESTROY_SESSION,
  ISCSI_UEVENT_SEND_PDU,
  ISCSI_UEVENT_STOP_CONN,
  ISCSID_GROUP,
  type IscsiAnswer,
  NETLINK_ISCSI,
  parseIscsiConnection,
} from "../kinds/session/iscsi.ts";

const LARGEST_MESSAGE = 8192;
const ANSWER_LIMIT_MS = 5_000;

/**
 * Does what iscsid does at logout: sends a logout request to the target, waits for the response,
 * then stops the connection and destroys the session. If the target does not respond within
 * `ANSWER_LIMIT_MS`, the session is destroyed nevertheless.
 */
export function logOutOfIscsi(name: string): void {
  const connection = parseIscsiConnection(name);
  if (connection === undefined) throw new Error(`no iSCSI connection: '${name}'`);
  const transport = readFile("/sys/class/iscsi_transport/tcp/handle");
  const fd = openNetlink(NETLINK_ISCSI, ISCSID_GROUP);
  try {
    write(fd, encodeIscsiRequest(ISCSI_UEVENT_SEND_PDU, connection, transport));
    waitFor(fd, (answer) => answer.kind === "logged-out");
    for (const request of [
      ISCSI_UEVENT_STOP_CONN,
      ISCSI_UEVENT_DESTROY_CONN,
      ISCSI_UEVENT_DESTROY_SESSION,
    ] as const) {
      write(fd, encodeIscsiRequest(request, connection, transport));
      waitFor(fd, (answer) => answer.kind === "reply" && answer.type === request);
    }
  } finally {
    close(fd);
  }
}

/** The kernel's response is ignored: sysfs shows afterwards whether the session is gone. */
function waitFor(fd: number, isIt: (answer: IscsiAnswer) => boolean): void {
  for (;;) {
    const [events] = poll([{ fd, events: POLLIN }], ANSWER_LIMIT_MS);
    if (events === 0) return;
    const answer = decodeIscsiAnswer(read(fd, LARGEST_MESSAGE));
    // The logout fails immediately if the target is gone.
    const isRefusal = answer.kind === "reply" && answer.result !== 0;
    if (isIt(answer) || isRefusal) return;
  }
}
