import { close, openNetlink, POLLIN, poll, read, write } from "exitrd:sys";
import {
  DRBD_FAMILY,
  decodeDrbdResource,
  encodeDrbdDown,
  encodeDrbdStatus,
} from "../kinds/drbd/protocol.ts";
import { decodeFamilyAnswer, encodeFamilyRequest, NETLINK_GENERIC } from "../text/genetlink.ts";

const LARGEST_MESSAGE = 8192;
const STATUS_LIMIT_MS = 2_000;
// Long enough that only the limit of the step ends it.
const DOWN_LIMIT_MS = 60_000;

/** The resource that a DRBD minor belongs to; undefined if the driver does not report it. */
export function readDrbdResource(minor: number): string | undefined {
  return withDrbd((fd, family) => {
    const answer = ask(fd, encodeDrbdStatus(family, minor), STATUS_LIMIT_MS);
    return answer === undefined ? undefined : decodeDrbdResource(answer);
  });
}

/** Does what "drbdsetup down" does. The response is ignored: the result is read from sysfs. */
export function takeDrbdDown(resource: string): void {
  withDrbd((fd, family) => ask(fd, encodeDrbdDown(family, resource), DOWN_LIMIT_MS));
}

function withDrbd<T>(use: (fd: number, family: number) => T): T | undefined {
  const fd = openNetlink(NETLINK_GENERIC, 0);
  try {
    const answer = ask(fd, encodeFamilyRequest(DRBD_FAMILY), STATUS_LIMIT_MS);
    const family = answer === undefined ? undefined : decodeFamilyAnswer(answer);
    return family === undefined ? undefined : use(fd, family);
  } finally {
    close(fd);
  }
}

function ask(fd: number, request: Uint8Array, limitMs: number): Uint8Array | undefined {
  write(fd, request);
  const [events] = poll([{ fd, events: POLLIN }], limitMs);
  return events === 0 ? undefined : read(fd, LARGEST_MESSAGE);
}
