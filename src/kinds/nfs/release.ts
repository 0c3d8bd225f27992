import type { Ports } from "../../execute/ports.ts";
import { readUnlessGone } from "../../execute/step/is-gone.ts";
import { waitUntil } from "../../execute/step/wait-until.ts";
import { runTask } from "../../observe/run-task.ts";
import type { Reader } from "../../port/teardown.ts";
import { isNfs } from "../file-systems.ts";
import type { Snapshot } from "../kinds.ts";
import { parseNfsServers } from "./servers.ts";

const CLOSE_WAIT_MS = 2_000;
// For the work of the child in addition to waiting.
const GRACE_MS = 1_000;

/**
 * Waits until the sessions with the servers of unmounted file systems are closed, at most 2 s and
 * not beyond `until` (milliseconds of `ports.clock`), and returns the servers with open ones. An
 * unmount returns earlier: pending closes of files keep the client (kernel: fs/nfs/super.c,
 * nfs_sb_active), which then ends its session. For a server with a mount that is left there is
 * nothing to wait for.
 */
export function awaitNfsClose(
  before: Snapshot,
  after: Snapshot,
  until: number,
  ports: Ports,
): readonly string[] {
  if (!hasNfs(before) || hasNfs(after)) return [];
  const { reader } = ports;
  const waitMs = Math.max(0, Math.min(CLOSE_WAIT_MS, until - ports.clock.now()));
  const waited = runTask(
    () => {
      waitUntil(() => isQuiet(reader), waitMs, ports);
      return JSON.stringify(readServers(reader));
    },
    waitMs + GRACE_MS,
    ports,
  );
  return waited.kind === "done" ? (JSON.parse(waited.output) as readonly string[]) : [];
}

function hasNfs({ mounts }: Snapshot): boolean {
  return mounts.some((mount) => isNfs(mount.fsType));
}

/**
 * Whether connections are open (net/sunrpc/sysfs.c, Linux 5.14 and later): the client leaves the
 * list of servers a moment before it ends its session, and the connection exists longer than both.
 * The NFS server of this machine has connections too, which only prolong the wait.
 */
function isQuiet(reader: Reader): boolean {
  if (readServers(reader).length > 0) return false;
  const connections = readUnlessGone(() => reader.readDir("/sys/kernel/sunrpc/rpc-clients"));
  return connections === undefined || connections.length === 0;
}

function readServers(reader: Reader): readonly string[] {
  return parseNfsServers(readUnlessGone(() => reader.readText("/proc/fs/nfsfs/servers")) ?? "");
}
