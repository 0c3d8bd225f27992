import { addPathEdges } from "../../teardown/graph/file-edges.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseSnapshot, Mount } from "../../teardown/snapshot/base.ts";
import { showBytes } from "../../text/show-bytes.ts";
import { isApiFileSystem, isNfs, isSmb } from "../file-systems.ts";
import { sessionNodeId } from "../session/model.ts";
import type { SessionsField } from "../session/state.ts";
import type { Export, ExportProtocol, ExportsField } from "./state.ts";

export interface ExportNode {
  readonly kind: "export";
  readonly id: NodeId;
  readonly export: Export;
}

/** Stops exporting one device or directory. */
export interface Unexport {
  readonly kind: "unexport";
  readonly protocol: ExportProtocol;
  readonly name: string;
}

type Seen = BaseSnapshot & ExportsField & SessionsField;

export const exportGraph: KindGraph<Seen, ExportNode> = {
  nodes: ({ exports = [] }) =>
    exports.map((one) => ({ kind: "export", id: `export:${one.name}`, export: one })),
  addEdges({ exports = [], sessions = [], mounts: all }, { mounts, devices }, edges) {
    for (const { name: place, protocol, paths, dev, looped } of exports) {
      const id = `export:${place}`;
      if (dev !== undefined) edges.add(id, blockNodeId(dev));
      else for (const path of paths) addPathEdges(id, path, undefined, mounts, devices, edges);
      // The server of a session may be this machine itself.
      for (const { name } of sessions) edges.addDoubt(sessionNodeId(name), id);
      for (const mount of all) {
        const isOnLoop = looped && devices.byDev.get(mount.dev)?.name.startsWith("sd") === true;
        if (isOnLoop || mayBeServedBy(protocol, mount)) edges.addDoubt(mountNodeId(mount.id), id);
        // It may have files open on any mount.
        else if (dev === undefined && paths.length === 0 && !isApiFileSystem(mount.fsType)) {
          edges.addDoubt(id, mountNodeId(mount.id));
        }
      }
    }
  },
};

/**
 * Whether the server of an NFS or SMB mount may be this machine itself. Only NFS 4 shows the address
 * of the client, which is then that of the server. A foreign server may keep the export waiting until
 * its mount is released or detached, or everything else was tried; in the other order, data would be
 * written to a stopped server.
 */
function mayBeServedBy(protocol: ExportProtocol, { fsType, superOptions }: Mount): boolean {
  if (protocol === "ksmbd") return isSmb(fsType);
  const client = superOptions.find((option) => option.startsWith("clientaddr="));
  const isOwn = client === undefined || superOptions.includes(client.slice("client".length));
  return protocol === "nfsd" && isNfs(fsType) && isOwn;
}

export const exportNode: NodeKind<ExportNode, Unexport> = {
  rank: 2,
  isDevice: false,
  // Nothing shows which mount or session is served by it.
  hasSuspects: true,
  name: (node) => node.export.name,
  describe: ({ export: { protocol, paths } }) => showBytes([protocol, ...paths].join(", ")),
  step: ({ export: { protocol, name } }) => ({ kind: "unexport", protocol, name }),
};

export const unexportStep: StepKind<Unexport> = {
  act: () => "unexport",
  verb: "unexport",
  name: ({ name }) => name,
  limitMs: () => 20_000,
  // ksmbd ends its server after the call has returned.
  settleMs: 3_000,
};
