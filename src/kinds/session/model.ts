import type { NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { showBytes } from "../../text/show-bytes.ts";
import type { Session, SessionsField } from "./state.ts";

export interface SessionNode {
  readonly kind: "session";
  readonly id: NodeId;
  readonly session: Session;
}

/** A disk of a session: it is released together with the session. */
export interface RemoteNode {
  readonly kind: "remote";
  readonly id: NodeId;
  readonly device: BaseDevice;
}

/** Logs out. `devices` vanish with the session. */
export interface SessionClose {
  readonly kind: "session-close";
  readonly protocol: Session["protocol"];
  readonly name: string;
  readonly paths: readonly string[];
  readonly devices: readonly string[];
}

export function sessionNodeId(name: string): NodeId {
  return `session:${name}`;
}

export const sessionGraph: KindGraph<BaseSnapshot & SessionsField, SessionNode | RemoteNode> = {
  nodes({ devices, sessions = [] }) {
    const remotes = new Set(sessions.flatMap((session) => session.devices));
    return [
      ...sessions.map(
        (session): SessionNode => ({ kind: "session", id: sessionNodeId(session.name), session }),
      ),
      ...devices.flatMap((device): RemoteNode[] =>
        device.sectors > 0 && device.partitionOf === undefined && remotes.has(device.name)
          ? [{ kind: "remote", id: blockNodeId(device.dev), device }]
          : [],
      ),
    ];
  },
  addEdges({ sessions = [] }, { devices }, edges) {
    for (const session of sessions) {
      for (const name of session.devices) {
        const device = devices.byName.get(name);
        if (device !== undefined) edges.add(blockNodeId(device.dev), sessionNodeId(session.name));
      }
    }
  },
};

export const sessionNode: NodeKind<SessionNode, SessionClose> = {
  rank: 3,
  isDevice: true,
  name: ({ session }) => session.name,
  describe: ({ session }) => showBytes(`${session.protocol}, ${session.devices.join(", ")}`),
  step: ({ session: { protocol, name, paths, devices } }) => ({
    kind: "session-close",
    protocol,
    name,
    paths,
    devices,
  }),
};

export const remoteNode: NodeKind<RemoteNode, never> = {
  rank: 4,
  isDevice: true,
  name: ({ device }) => device.name,
  describe: () => "remote disk",
  goesWithBacking: true,
};

export const sessionCloseStep: StepKind<SessionClose> = {
  act: ({ protocol }) => (protocol === "nvme" ? "nvme disconnect" : "iscsi logout"),
  verb: "close",
  name: ({ name }) => name,
  limitMs: () => 30_000,
  settleMs: 3_000,
};
