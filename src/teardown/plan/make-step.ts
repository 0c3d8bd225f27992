import { listLastMessages, listUnblockingMessages } from "../../kinds/dm/messages.ts";
import { hasServer, isApiFileSystem } from "../../kinds/file-systems.ts";
import { readMdContainer } from "../../kinds/md/protocol.ts";
import type { Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import type { Broken } from "./break-cycles.ts";
import type { Policy } from "./policy.ts";
import type { Step } from "./step.ts";

/** The act that releases a node. Throws for hardware, which nothing takes apart. */
export function makeStep(node: Node, { graph, detached, runsFrom }: Broken, policy: Policy): Step {
  switch (node.kind) {
    case "mount": {
      const { target, id: mountId, fsType } = node.mount;
      const lazy = isApiFileSystem(fsType) || detached.has(node.id);
      const served = hasServer(fsType);
      const force = served && policy.serversEnded === true;
      return { kind: "umount", target, mountId, lazy, served, force };
    }
    case "swap":
      return { kind: "swapoff", path: node.swap.path };
    case "loop":
      return { kind: "loop-detach", name: node.device.name, dev: node.device.dev };
    case "dm":
      return {
        kind: "dm-remove",
        name: node.dm.name,
        dev: node.device.dev,
        messages: listLastMessages(node.dm),
      };
    case "gate":
      return {
        kind: "dm-unblock",
        name: node.dm.name,
        dev: node.device.dev,
        resume: node.dm.suspended,
        messages: listUnblockingMessages(node.dm),
      };
    case "zram":
      return { kind: "zram-reset", name: node.device.name, dev: node.device.dev };
    case "md":
      return { kind: "md-stop", name: node.device.name, dev: node.device.dev };
    case "bcache": {
      const { backing } = node.bcache;
      return { kind: "bcache-stop", name: node.device.name, dev: node.device.dev, backing };
    }
    case "bcache-set":
      return { kind: "bcache-set-stop", uuid: node.set.uuid, devices: node.set.devices };
    case "nbd":
      return { kind: "nbd-disconnect", name: node.device.name, dev: node.device.dev };
    case "mdmon": {
      const { name } = node.device;
      const targets = (runsFrom.get(node.id) ?? []).map((id) => readTarget(graph, id));
      const volumes = listVolumes(graph, name);
      return { kind: "mdmon-end", name, pid: node.monitor.pid, runsFrom: targets, volumes };
    }
    case "process":
      return { kind: "process-end", name: node.process.command, pid: node.process.pid };
    case "zpool":
      return {
        kind: "zpool-export",
        name: node.pool.name,
        hardForce: policy.zfs === "release",
      };
    case "drbd-resource": {
      const { name, devices, backings } = node;
      return { kind: "drbd-down", name, devices, backings };
    }
    case "session": {
      const { protocol, name, paths, devices } = node.session;
      return { kind: "session-close", protocol, name, paths, devices };
    }
    case "drbd":
    case "drbd-volume":
    case "remote":
    case "zvol":
    case "partition":
    case "disk":
      throw new Error(`no step releases ${node.id}`);
  }
}

function readTarget(graph: Graph, id: string): string {
  const node = graph.nodes.get(id);
  if (node?.kind !== "mount") throw new Error(`no mount ${id}`);
  return node.mount.target;
}

/** The kernel names of a container's volumes. */
function listVolumes(graph: Graph, container: string): readonly string[] {
  return [...graph.nodes.values()].flatMap((node) =>
    node.kind === "md" && readMdContainer(node.md.metadataVersion) === container
      ? [node.device.name]
      : [],
  );
}
