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
  const found = nodes.flatMap((node) => findNetworkRoot(node, network));
  if (found.length === 0) return [];
  const root = found.some(({ kind }) => kind === "device") ? "device" : "file system";
  const links = findRootLinks(
    found.flatMap(({ servers }) => servers),
    network,
  );
  return network.links
    .filter(({ name }) => links === undefined || links.has(name))
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

/** What a node of the root reaches over the network, if it is of that kind. */
interface Reached {
  readonly kind: NetworkRoot;
  /** Addresses; "" for one that is not known. */
  readonly servers: readonly string[];
}

function findNetworkRoot(node: Node, network: NetworkFacts): readonly Reached[] {
  switch (node.kind) {
    case "session": {
      const { paths } = node.session;
      const own = network.servers.filter(({ path }) => paths.includes(path));
      const servers = own.map(({ address }) => address);
      return servers.length === 0 ? [] : [{ kind: "device", servers }];
    }
    // The kernel shows the address of neither.
    case "nbd":
    case "rbd":
      return [{ kind: "device", servers: [""] }];
    case "mount": {
      const { fsType, superOptions } = node.mount;
      if (!NETWORK_TYPES.includes(fsType)) return [];
      // "addr=10.0.2.2", of NFS and SMB.
      const addresses = superOptions.flatMap((text) => /^addr=(.*)$/.exec(text)?.[1] ?? []);
      return [{ kind: "file system", servers: addresses.length === 0 ? [""] : addresses }];
    }
    default:
      return [];
  }
}

/**
 * The interfaces that packets to these servers leave through; undefined if that is not known of each of
 * them, so that it may be any interface.
 */
function findRootLinks(
  servers: readonly string[],
  { routes }: NetworkFacts,
): ReadonlySet<string> | undefined {
  const links = new Set<string>();
  for (const server of servers) {
    const address = parseAddress(server);
    const route = address === undefined ? undefined : findRoute(address, routes);
    if (route === undefined) return undefined;
    links.add(route.link);
  }
  return links;
}

/** The route with the longest mask. */
function findRoute(address: number, routes: readonly Route[]): Route | undefined {
  const fitting = routes.filter(
    ({ destination, mask }) => (address & mask) >>> 0 === destination >>> 0,
  );
  return fitting.sort((a, b) => (b.mask >>> 0) - (a.mask >>> 0))[0];
}

/** IPv4 only. */
function parseAddress(text: string): number | undefined {
  const [, ...bytes] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text) ?? [];
  if (bytes.length !== 4) return undefined;
  return bytes.reduce((sum, byte) => sum * 256 + Number(byte), 0) >>> 0;
}
