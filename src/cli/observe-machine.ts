import type { Snapshot } from "../kinds/kinds.ts";
import { attempt } from "../port/sys-error.ts";
import type { Host } from "./command.ts";

const incomplete = "exitrd: cannot see everything that a device uses: run it as root, ignoring";
const recorded =
  "exitrd: cannot plan for everything: the snapshot was not recorded by root, ignoring";

/**
 * Observes this machine; undefined if /proc or /sys cannot be read. Some devices answer only to
 * root. For any other user, the snapshot records that and a message says so, since a plan from it
 * may differ from PID 1's.
 */
export function observeMachine(
  host: Pick<Host, "observe" | "reader" | "say">,
): Snapshot | undefined {
  const snapshot = host.observe();
  if (snapshot === undefined || isRoot(host)) return snapshot;
  host.say(incomplete);
  return { ...snapshot, unprivileged: true };
}

/** Prints the same message for a snapshot from a file. */
export function noteUnprivileged(snapshot: Snapshot, { say }: Pick<Host, "say">): void {
  if (snapshot.unprivileged) say(recorded);
}

function isRoot({ reader }: Pick<Host, "reader">): boolean {
  const status = attempt(() => reader.readText("/proc/self/status")) ?? "";
  // proc(5): the real, effective, saved and file system UIDs.
  const effective = /^Uid:\t[0-9]+\t([0-9]+)/m.exec(status)?.[1];
  return effective === undefined || effective === "0";
}
