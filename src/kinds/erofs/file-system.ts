import { addFileEdges } from "../../teardown/graph/file-edges.ts";
import { mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import type { FileSystem } from "../file-system.ts";

/**
 * From Linux 6.12 on, an EROFS can be mounted from a file without a loop device: its number is
 * anonymous, its source the path of the file, which the kernel keeps open.
 */
export const erofs: FileSystem = {
  addEdges(mount, own, { mounts, devices, edges }) {
    if (own.length > 0 || !isOnFile(mount)) return;
    addFileEdges(mountNodeId(mount.id), mount.source, undefined, mounts, devices, edges);
  },
  holdsFile: isOnFile,
};

function isOnFile({ dev, source }: Mount): boolean {
  return dev.startsWith("0:") && source.startsWith("/");
}
