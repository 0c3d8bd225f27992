import { isNfs } from "../../kinds/file-systems.ts";
import type { Node } from "../../kinds/kinds.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import { listBelowRoot } from "../below-root.ts";
import type { LinkFacts, NetworkFacts, Route } from "../facts.ts";
import type { Finding } from "../finding.ts";

const NETWORK_TYPES = ["nfs", "nfs4", "cifs", "smb3", "ceph"];
// Values of KeepConfiguration= in systemd.network(5) that keep an address from DHCP.
const KEEPING = ["yes", "true", "on", "1", "dhcp", "dhcp-on-stop", "dynamic", "dynamic-on-stop"];

/** How the root depends on the network. */
type NetworkRoot = "file system" | "device";

/** Checks that the network interface that the root needs stays up until the root is unmounted. */
export function checkNetwork(graph: Graph<Node>, network: NetworkFacts): readonly Finding[] {
  const below = listBelowRoot(graph);
  const nodes = [...graph.nodes.values()].filter(({ id }) => below.has(id));
  const root = findNetworkRoot(nodes);
  if (root === undefined) return [];
  const named = findRootLinks([...listServers(nodes), ...network.servers], network);
  return network.links
    .filter(({ name }) => named.size === 0 || named.has(name))
    .flatMap((link) => checkLink(link, root));
}

function checkLink(link: LinkFacts, root: NetworkRoot): readonly Finding[] {
  const { name, networkd } = link;
  if (link.isWireless) return [{ kind: "network-root", by: "wireless", link: name, file: "" }];
  if (networkd?.usesDhcp && !keeps(networkd.keep, root)) {
    return [{ kind: "network-root", by: "networkd", link: name, file: networkd.file }];
  }
  if (!link.isIfupdowns) return [];
  return [{ kind: "network-root", by: "ifupdown", link: name, file: "/etc/network/interfaces" }];
}

/** Without KeepConfiguration=, networkd keeps the configuration if / is a network file system. */
function keeps(keep: string, root: NetworkRoot): boolean {
  return keep === "" ? root === "file system" : KEEPING.includes(keep);
}

function findNetworkRoot(nodes: readonly Node[]): NetworkRoot | undefined {
  const isOnDevice = nodes.some(
    ({ kind }) => kind === "session" || kind === "nbd" || kind === "rbd",
  );
  if (isOnDevice) return "device";
  const isOnFiles = nodes.some(
    (node) => node.kind === "mount" && NETWORK_TYPES.includes(node.mount.fsType),
  );
  return isOnFiles ? "file system" : undefined;
}

/** The servers of NFS and SMB mounts, from "addr=10.0.2.2". */
function listServers(nodes: readonly Node[]): readonly string[] {
  return nodes.flatMap((node) => {
    if (node.kind !== "mount") return [];
    const { fsType, superOptions } = node.mount;
    const key = isNfs(fsType) || NETWORK_TYPES.includes(fsType) ? "addr=" : undefined;
    if (key === undefined) return [];
    return superOptions
      .filter((text) => text.startsWith(key))
      .map((text) => text.slice(key.length));
  });
}

/** The interfaces that packets to these servers leave through; empty if no route is known. */
function findRootLinks(servers: readonly string[], { routes }: NetworkFacts): ReadonlySet<string> {
  const addresses = servers.flatMap((server) => parseAddress(server) ?? []);
  return new Set(addresses.flatMap((address) => findRoute(address, routes)?.link ?? []));
}

/** The route with the longest mask. */
function findRoute(address: number, routes: readonly Route[]): Route | undefined {
  const fitting = routes.filter(
    ({ destination, mask }) => (address & mask) >>> 0 === destination >>> 0,
  );
  return fitting.sort((a, b) => (b.mask >>> 0) - (a.mask >>> 0))[0];
}

/** IPv4 only. A server with another address counts as reachable through any interface. */
function parseAddress(text: string): number | undefined {
  const [, ...bytes] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text) ?? [];
  if (bytes.length !== 4) return undefined;
  return bytes.reduce((sum, byte) => sum * 256 + Number(byte), 0) >>> 0;
}
