import { isFuse } from "../../kinds/file-systems.ts";
import type { BlockDevice, Node, Snapshot } from "../../kinds/kinds.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import { blockNodeId } from "../../teardown/graph/node-id.ts";
import { listBelowRoot } from "../below-root.ts";
import type { KernelUser, ServerFacts } from "../facts.ts";
import type { Finding } from "../finding.ts";

/**
 * Processes that the root needs but that will be killed before it is unmounted. systemd unmounts
 * all other file systems while processes still run.
 */
export function checkServers(
  graph: Graph<Node>,
  { devices, fuseServers = [] }: Snapshot,
  servers: readonly ServerFacts[],
): readonly Finding[] {
  const below = listBelowRoot(graph);
  const isBelow = ({ dev }: BlockDevice): boolean => below.has(blockNodeId(dev));
  const mounts = [...graph.nodes.values()].flatMap((node) =>
    node.kind === "mount" && below.has(node.id) && isFuse(node.mount.fsType) ? [node.mount] : [],
  );
  // The kernel does not report which process serves which mount.
  const unserved = fuseServers.length === 0 ? mounts : [];
  const unmarked = servers.filter(({ isMarked }) => !isMarked);
  return [
    ...unserved.map(
      ({ target }): Finding => ({ kind: "unmarked-server", process: "", serves: target }),
    ),
    ...devices
      .filter((device) => device.ublk !== undefined && device.ublk.server === undefined)
      .filter(isBelow)
      .map(({ name }): Finding => ({ kind: "unmarked-server", process: "", serves: name })),
    ...devices
      .filter((device) => device.nbd !== undefined && isBelow(device))
      .flatMap(({ name }) => unmarked.filter(({ device }) => device === name))
      .map(
        ({ device, pid, command }): Finding => ({
          ...{ kind: "unmarked-server", serves: device },
          process: `${command}[${pid}]`,
        }),
      ),
  ];
}

/** Kernel objects that docs/storage.md lists as not handled, and that no service stops either. */
export function checkKernelUsers(users: readonly KernelUser[]): readonly Finding[] {
  return users
    .filter(({ stopper }) => stopper?.isActive !== true)
    .map(({ user, object, stopper }) => ({
      ...{ kind: "kernel-user", user, object },
      unit: stopper?.unit ?? "",
    }));
}
