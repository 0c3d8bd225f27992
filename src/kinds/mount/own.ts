import type { Graph } from "../../teardown/graph/graph.ts";
import { indexMounts, isBelow, listParentsFirst } from "../../teardown/graph/mount-index.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Policy } from "../../teardown/plan/policy.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import { initPath, treePlace } from "../../text/tree-paths.ts";
import { isApiFileSystem } from "../file-systems.ts";
import { isMountNamespace } from "../nsfs/model.ts";
import { isMountNode } from "./node.ts";

const API_PLACES = ["/dev", "/proc", "/sys", "/run", "/mnt"];

// Users fill these, and they are never emptied: their swapped-out pages would keep the swap in use.
const USER_PLACES = ["/dev/shm", "/run/user"];

/** The mounts that PID 1 runs on or needs until reboot(2). None of them is on storage. */
export function findOwnMounts(graph: Graph, policy: Policy): ReadonlySet<NodeId> {
  const mounts = [...graph.nodes.values()].filter(isMountNode).map(({ mount }) => mount);
  return policy.perspective === "running"
    ? new Set(mounts.filter(isImageMount).map((mount) => mountNodeId(mount.id)))
    : findExitrdMounts(mounts, graph);
}

/** Inside the exitrd: mounts that are connected to its root by mounts of its own. */
function findExitrdMounts(mounts: readonly Mount[], graph: Graph): ReadonlySet<NodeId> {
  const candidates = mounts.filter((mount) => isExitrdMount(mount, findParentMount(mount, graph)));
  const own = new Set<NodeId>();
  for (const mount of listParentsFirst(indexMounts(candidates))) {
    const parent = findParentMount(mount, graph);
    if (parent === undefined || own.has(mountNodeId(parent.id))) own.add(mountNodeId(mount.id));
  }
  return own;
}

function findParentMount(mount: Mount, graph: Graph): Mount | undefined {
  if (mount.parentId === mount.id) return undefined;
  const node = graph.nodes.get(mountNodeId(mount.parentId));
  return isMountNode(node) ? node.mount : undefined;
}

/** On the running machine: what will be "/" after the pivot. */
function isImageMount(mount: Mount): boolean {
  if (mount.target === treePlace) return true;
  return isBelow(mount.target, treePlace) && isApiFileSystem(mount.fsType);
}

/**
 * The root and the API mounts at their usual targets, if their parent is one of the exitrd's own
 * mounts.
 */
function isExitrdMount(mount: Mount, parent: Mount | undefined): boolean {
  // A second mount stacked on "/" is ours only if it is in memory: the root of the process is the
  // lower one.
  if (mount.target === "/" && parent?.target !== "/") return true;
  // This program, bound there by 'exitrd pivot': it is executed from this mount.
  if (mount.target === `/${initPath}` && mount.dev === parent?.dev) return true;
  if (!isApiFileSystem(mount.fsType) || isMountNamespace(mount)) return false;
  // systemd and `enter-early.ts` bind all of /sys, so this may be the last mount that keeps pinned BPF
  // links. One of an uprobe keeps the mount of the probed file.
  if (mount.fsType === "bpf") return false;
  const isAt = (place: string): boolean => isBelow(mount.target, place);
  return mount.target === "/" || (API_PLACES.some(isAt) && !USER_PLACES.some(isAt));
}
