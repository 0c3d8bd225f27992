import type { Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import type { Mount, Pool } from "../snapshot.ts";
import { quote, showBytes } from "../text/show-bytes.ts";
import type { Step } from "./step.ts";

/** "umount '/oldroot'", "dm remove 'vg-root'", …: what a step does to what. */
export function describeStep(step: Step): string {
  return `${describeAct(step)} ${quote(nameStep(step))}`;
}

function describeAct(step: Step): string {
  switch (step.kind) {
    case "umount":
      return "umount";
    case "swapoff":
      return "swapoff";
    case "loop-detach":
      return "loop detach";
    case "dm-remove":
      return "dm remove";
    case "dm-unblock":
      return step.resume ? "dm resume" : "dm fail without path";
    case "zram-reset":
      return "zram reset";
    case "bcache-stop":
      return "bcache stop";
    case "bcache-set-stop":
      return "bcache stop set";
    case "nbd-disconnect":
      return "nbd disconnect";
    case "mdmon-end":
      return "mdmon end";
    case "process-end":
      return "process end";
    case "md-stop":
      return "md stop";
    case "zpool-export":
      return step.hardForce ? "zpool release" : "zpool export";
    case "drbd-down":
      return "drbd down";
    case "session-close":
      return step.protocol === "nvme" ? "nvme disconnect" : "iscsi logout";
  }
}

/** What a step is about, as people call it. */
export function nameStep(step: Step): string {
  switch (step.kind) {
    case "umount":
      return step.target;
    case "swapoff":
      return step.path;
    case "loop-detach":
    case "dm-remove":
    case "dm-unblock":
    case "mdmon-end":
    case "md-stop":
    case "zram-reset":
    case "bcache-stop":
    case "nbd-disconnect":
    case "zpool-export":
    case "drbd-down":
    case "process-end":
    case "session-close":
      return step.name;
    case "bcache-set-stop":
      return step.uuid;
  }
}

/** What a node is called: a target, a path, a dm name, a kernel name. */
export function nameNode(node: Node): string {
  switch (node.kind) {
    case "mount":
      return node.mount.target;
    case "swap":
      return node.swap.path;
    case "dm":
    case "gate":
      return node.dm.name;
    case "bcache-set":
      return node.set.uuid;
    case "zpool":
      return node.pool.name;
    case "drbd-resource":
      return node.name;
    case "process":
      return node.process.command;
    case "session":
      return node.session.name;
    default:
      return node.device.name;
  }
}

/** What a node is: "ext4 on vg-root", "crypt, does not answer", "raid1". */
export function describeNode(node: Node, graph: Graph): string {
  const text = describeKind(node, graph);
  return isMute(node) ? `${text}, does not answer` : text;
}

/** Whether it gave no answer when it was observed. */
export function isMute(node: Node): boolean {
  if (node.kind === "swap") return node.swap.mute === true;
  return "device" in node && node.device.mute === true;
}

/** The same without how it was when it was observed: what has been released has answered. */
export function describeKind(node: Node, graph: Graph): string {
  switch (node.kind) {
    case "mount":
      return describeMount(node.mount, listBackingNames(node, graph));
    case "swap":
      return `swap ${node.swap.type}`;
    case "loop":
      return showBytes(node.loop.backingFile);
    case "dm":
      if (node.dm.targets.length === 0 && node.device.mute) return "dm";
      return describeTargets(node.dm.targets.map((target) => target.type));
    case "md":
      return node.md.level === "" ? "array" : showBytes(node.md.level);
    case "gate":
      return node.dm.suspended ? "suspended" : "multipath, queueing";
    case "bcache":
      return node.bcache.state === "" ? "bcache" : `bcache, ${showBytes(node.bcache.state)}`;
    case "bcache-set":
      return "cache set";
    case "mdmon":
      return `process ${node.monitor.pid}`;
    case "process":
      return `process ${node.process.pid}`;
    case "zpool":
      return describePool(node.pool);
    case "zvol":
      return `zvol ${showBytes(node.device.zvol ?? "")}`;
    case "session":
      return showBytes(`${node.session.protocol}, ${node.session.devices.join(", ")}`);
    case "drbd-resource":
      return `drbd, ${showBytes(node.devices.join(", "))}`;
    case "drbd-volume":
      return "drbd volume";
    case "remote":
      return "remote disk";
    case "nbd":
    case "drbd":
    case "zram":
    case "partition":
    case "disk":
      return node.kind;
  }
}

function describeMount(mount: Mount, devices: readonly string[]): string {
  const on = devices.length === 0 ? "" : ` on ${devices.join(", ")}`;
  return showBytes(mount.fsType) + on;
}

function describePool(pool: Pool): string {
  return pool.state === "ONLINE" ? "ZFS pool" : `ZFS pool, ${showBytes(pool.state.toLowerCase())}`;
}

function describeTargets(types: readonly string[]): string {
  const kinds = [...new Set(types)].sort();
  return kinds.length === 0 ? "no table" : showBytes(kinds.join(", "));
}

/** The names of the devices that a node lies on directly. */
export function listBackingNames(node: Node, graph: Graph): readonly string[] {
  const backings = graph.backings.get(node.id) ?? [];
  return backings.flatMap((id) => {
    const backing = graph.nodes.get(id);
    const isDevice = backing !== undefined && !["mount", "mdmon", "process"].includes(backing.kind);
    return isDevice ? [showBytes(nameNode(backing))] : [];
  });
}
