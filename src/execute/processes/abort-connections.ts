import { isFuse } from "../../kinds/file-systems.ts";
import { FUSE_SUFFIX } from "../../kinds/fuse/observe.ts";
import { FUSE_CONNECTIONS, nameConnection } from "../../kinds/fuse/protocol.ts";
import { parseMountinfo } from "../../kinds/mount/mountinfo.ts";
import { listDeviceLinks } from "../../kinds/storage-server/observe.ts";
import { readOrEmpty } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Kernel, Reader } from "../../port/teardown.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";

/**
 * Aborts all FUSE connections except those of `spared`, which are processes that serve storage.
 *
 * A process cannot be killed while it waits for an answer that only its own dead threads could give,
 * and its mount namespace keeps every file system of the machine busy. When the connection is
 * aborted, the request fails and the process ends.
 *
 * `alive` are the processes that are left, including `spared`. `onTick` is called for each.
 */
export function abortConnections(
  spared: readonly number[],
  alive: readonly number[],
  { kernel, reader }: { readonly kernel: Kernel; readonly reader: Reader },
  onTick: () => void = () => {},
): void {
  attempt(() => kernel.mountFuseControl());
  const kept = listKept(spared, alive, reader, onTick);
  for (const number of attempt(() => reader.readDir(FUSE_CONNECTIONS)) ?? []) {
    if (kept.has(number)) continue;
    attempt(() => kernel.write(`${FUSE_CONNECTIONS}/${number}/abort`, "1"));
  }
}

/** The connections that are not aborted, by their numbers in fusectl. */
function listKept(
  spared: readonly number[],
  alive: readonly number[],
  reader: Reader,
  onTick: () => void,
): ReadonlySet<string | undefined> {
  const places = ["self", ...alive.map(String)];
  const lists = places.map((place) => {
    onTick();
    return readMounts(place, reader);
  });
  // fusectl lists virtiofs as well, which no process of this machine serves.
  const remote = lists.flat().filter(({ fsType }) => fsType === "virtiofs");
  const served = spared.flatMap((pid) => listServed(String(pid), reader));
  // Older kernels do not show which connection a server has open. Then it may be any that root
  // mounted; a user's mount shows that user.
  const own = served.includes(undefined) ? (lists[0] ?? []).filter(isMountedByRoot) : [];
  return new Set([...[...remote, ...own].map(({ dev }) => nameConnection(dev)), ...served]);
}

/** Only the mounts that fusectl may list: parsing thousands takes long. */
function readMounts(place: string, reader: Reader): readonly Mount[] {
  const lines = readOrEmpty(`/proc/${place}/mountinfo`, reader).split("\n");
  return parseMountinfo(lines.filter((line) => / - (?:fuse|virtiofs)/.test(line)).join("\n"));
}

function isMountedByRoot({ fsType, superOptions }: Mount): boolean {
  return isFuse(fsType) && superOptions.includes("user_id=0");
}

/** The connections that a process has open; undefined each where the kernel does not show it. */
function listServed(entry: string, reader: Reader): readonly (string | undefined)[] {
  return listDeviceLinks(entry, FUSE_SUFFIX, reader).map((path) => {
    const text = attempt(() => reader.readText(path.replace("/fd/", "/fdinfo/"))) ?? "";
    return /^fuse_connection:\s*([0-9]+)/m.exec(text)?.[1];
  });
}
