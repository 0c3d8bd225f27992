import { isApiFileSystem } from "../../kinds/file-systems.ts";
import type { Step } from "../../kinds/kinds.ts";
import { findTrees, nameMount } from "../../kinds/mount/node.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import type { Sight } from "./look-plainly.ts";

const OWN_PLACES = ["dev", "proc", "sys", "run", "mnt"];

/**
 * Lists the steps that can be tried now, without a graph: mounts without mounts below them, and
 * devices that no mount, swap or other device uses. If a user is not visible in the text, the
 * kernel refuses with EBUSY, and the step is tried again after others. No mount is detached: the
 * path of a covered mount may lead to another one, which must be written first.
 */
export function listSteps({ mounts, swaps, devices }: Sight): readonly Step[] {
  const steps: Step[] = swaps.map((path) => ({ kind: "swapoff", path }));
  const used = new Set<number | string>(swaps);
  for (const { parentId, target, dev } of mounts) {
    used.add(dev);
    if (target !== "") used.add(parentId);
  }
  const trees = findTrees(mounts);
  for (const { id, target } of listForeign(mounts)) {
    if (target === "" || used.has(id)) continue;
    const how = { lazy: false, served: false, force: false } as const;
    const tree = trees.has(id) ? ({ tree: true } as const) : {};
    steps.push({ kind: "umount", target, mountId: id, ...how, ...tree });
  }
  for (const slave of devices.flatMap((device) => device.slaves)) {
    used.add(slave);
  }
  for (const { name, dev } of devices) {
    if (used.has(dev) || used.has(name) || used.has(`/dev/${name}`)) continue;
    if (name.startsWith("dm-")) steps.push({ kind: "dm-remove", name, dev, messages: [] });
    else steps.push({ kind: name.startsWith("md") ? "md-stop" : "loop-detach", name, dev });
  }
  return steps;
}

/** Everything that should have been released, by its target or kernel name. */
export function listLeft({ mounts, swaps, devices }: Sight): readonly string[] {
  const targets = listForeign(mounts).map(nameMount);
  return [...targets, ...swaps, ...devices.map((device) => device.name)];
}

/** One target for each file system that can have data on a disk, the last mounted first. */
export function listFileSystems(mounts: readonly Mount[]): readonly string[] {
  const withData = listForeign(mounts).filter(
    ({ target, fsType }) => target !== "" && !isApiFileSystem(fsType),
  );
  return [...new Map(withData.map((mount) => [mount.dev, mount.target])).values()].reverse();
}

/** The mounts that are not part of the tree that PID 1 runs from. */
function listForeign(mounts: readonly Mount[]): readonly Mount[] {
  return mounts.filter(
    ({ target, fsType }) =>
      target !== "/" &&
      !(isApiFileSystem(fsType) && OWN_PLACES.includes(target.split("/")[1] ?? "")),
  );
}
