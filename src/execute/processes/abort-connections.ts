import { isFuse } from "../../kinds/file-systems.ts";
import { FUSE_SUFFIX } from "../../kinds/fuse/observe.ts";
import { FUSE_CONNECTIONS, nameConnection } from "../../kinds/fuse/protocol.ts";
import { parseMountinfo } from "../../kinds/mount/mountinfo.ts";
import { listDeviceLinks } from "../../kinds/storage-server/observe.ts";
import { mayBeRoots } from "../../observe/storage-daemons.ts";
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
 * Those that users mounted come first, without a look at a table of mounts: a user can fill his own
 * with 100,000. `alive` are the processes that are left, including `spared`. `onTick` is called before
 * each table that is read.
 */
export function abortConnections(
  spared: readonly number[],
  alive: readonly number[],
  { kernel, reader }: { readonly kernel: Kernel; readonly reader: Reader },
  onTick: () => void = () => {},
): void {
  attempt(() => kernel.mountFuseControl());
  const served = spared.flatMap((pid) => listServed(String(pid), reader));
  const abortUnless = (kept: ReadonlySet<string | undefined>, numbers: readonly string[]): void => {
    for (const number of numbers) {
      if (kept.has(number)) continue;
      attempt(() => kernel.write(`${FUSE_CONNECTIONS}/${number}/abort`, "1"));
    }
  };
  const numbers = attempt(() => reader.readDir(FUSE_CONNECTIONS)) ?? [];
  // The directory belongs to the user who mounted it, as the initial user namespace sees him.
  const roots = new Set(
    numbers.filter(
      (number) => attempt(() => reader.stat(`${FUSE_CONNECTIONS}/${number}`))?.uid === 0,
    ),
  );
  abortUnless(new Set([...roots, ...served]), numbers);
  if (roots.size > 0) abortUnless(listKept(served, alive, reader, onTick), [...roots]);
}

/** The connections of root that are not aborted, by their numbers in fusectl. */
function listKept(
  served: readonly (string | undefined)[],
  alive: readonly number[],
  reader: Reader,
  onTick: () => void,
): ReadonlySet<string | undefined> {
  const read = (place: string): readonly Mount[] => {
    onTick();
    return readMounts(place, reader);
  };
  const own = read("self");
  const others = alive.map(String).filter((entry) => mayBeRoots(entry, reader));
  // fusectl lists virtiofs as well, which no process of this machine serves and only root mounts.
  const remote = [own, ...others.map(read)].flat().filter(({ fsType }) => fsType === "virtiofs");
  // Older kernels do not show which connection a server has open. Then it may be any in our own
  // namespace.
  const possible = served.includes(undefined) ? own.filter(({ fsType }) => isFuse(fsType)) : [];
  return new Set([...[...remote, ...possible].map(({ dev }) => nameConnection(dev)), ...served]);
}

/** Only the mounts that fusectl may list: parsing thousands takes long. */
function readMounts(place: string, reader: Reader): readonly Mount[] {
  const lines = readOrEmpty(`/proc/${place}/mountinfo`, reader).split("\n");
  return parseMountinfo(lines.filter((line) => / - (?:fuse|virtiofs)/.test(line)).join("\n"));
}

/** The connections that a process has open; undefined each where the kernel does not show it. */
function listServed(entry: string, reader: Reader): readonly (string | undefined)[] {
  return listDeviceLinks(entry, FUSE_SUFFIX, reader).map((path) => {
    const text = attempt(() => reader.readText(path.replace("/fd/", "/fdinfo/"))) ?? "";
    return /^fuse_connection:\s*([0-9]+)/m.exec(text)?.[1];
  });
}
