import type { KindGraph } from "../../teardown/kind.ts";
import type { BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { addServerEdges, makeProcessNode, type ProcessNode } from "../storage-server/model.ts";
import { addServedEdges } from "./served-edges.ts";
import type { FuseServersField } from "./state.ts";

export const fuseGraph: KindGraph<BaseSnapshot & FuseServersField, ProcessNode> = {
  nodes: ({ fuseServers = [] }) => fuseServers.map((server) => makeProcessNode(server)),
  addEdges: ({ fuseServers = [] }, { mounts }, edges) => addServerEdges(fuseServers, mounts, edges),
  refine: addServedEdges,
};
