import { listOrNone, readOrEmpty } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import { splitWords } from "../../text/words.ts";
import type { BlockServer, LinkFacts, NetworkFacts, Route } from "../facts.ts";
import { readLastKey } from "../read-last-key.ts";

const NET = "/sys/class/net";
const WITH_DHCP = ["yes", "true", "on", "1", "ipv4", "both", "v4"];

/** The interfaces, who configures them, and the routes. */
export function readNetworkFacts(reader: Reader): NetworkFacts {
  const interfaces = readIfupdown(reader);
  const links = listOrNone(NET, reader).filter(
    (name) => name !== "lo" && readOrEmpty(`${NET}/${name}/operstate`, reader).trim() !== "down",
  );
  return {
    links: links.map((name) => readLink(name, interfaces, reader)),
    routes: parseRoutes(readOrEmpty("/proc/net/route", reader)),
    servers: [...listIscsiServers(reader), ...listNvmeServers(reader)],
  };
}

function readLink(name: string, interfaces: Ifupdown, reader: Reader): LinkFacts {
  const networkd = readNetworkd(name, reader);
  return {
    name,
    isWireless: attempt(() => reader.stat(`${NET}/${name}/phy80211`)) !== undefined,
    ...(networkd === undefined ? {} : { networkd }),
    isIfupdowns: interfaces.up.includes(name) && !interfaces.kept.includes(name),
  };
}

/** A file of sd-network(3), "/run/systemd/netif/links/2". */
function readNetworkd(name: string, reader: Reader): LinkFacts["networkd"] {
  const index = readOrEmpty(`${NET}/${name}/ifindex`, reader).trim();
  const state = readOrEmpty(`/run/systemd/netif/links/${index}`, reader);
  const file = readLastKey("NETWORK_FILE", [state]);
  if (readLastKey("ADMIN_STATE", [state]) !== "configured" || file === undefined) return undefined;
  const folders = [`${file}.d`, `/etc/systemd/network/${file.slice(file.lastIndexOf("/") + 1)}.d`];
  const dropIns = [...new Set(folders)].flatMap((folder) =>
    listOrNone(folder, reader)
      .filter((entry) => entry.endsWith(".conf"))
      .map((entry) => `${folder}/${entry}`),
  );
  const texts = [file, ...dropIns].map((path) => readOrEmpty(path, reader));
  return {
    file,
    usesDhcp: WITH_DHCP.includes(readLastKey("DHCP", texts)?.toLowerCase() ?? "no"),
    keep: readLastKey("KeepConfiguration", texts)?.toLowerCase() ?? "",
  };
}

interface Ifupdown {
  /** Interfaces that ifup(8) has configured. */
  readonly up: readonly string[];
  /** Interfaces that `ifdown -a` leaves: no-auto-down in interfaces(5), or configured by hand. */
  readonly kept: readonly string[];
}

function readIfupdown(reader: Reader): Ifupdown {
  const wanted = ["multi-user", "network-online"].some((target) => {
    const unit = `/etc/systemd/system/${target}.target.wants/networking.service`;
    return attempt(() => reader.stat(unit)) !== undefined;
  });
  if (!wanted) return { up: [], kept: [] };
  // "eth0=eth0": the interface, and the configuration that it has.
  const up = listWords(readOrEmpty("/run/network/ifstate", reader)).flatMap(
    ([word = ""]) => word.split("=")[0] ?? [],
  );
  const folder = "/etc/network/interfaces.d";
  const paths = [
    "/etc/network/interfaces",
    ...listOrNone(folder, reader).map((name) => `${folder}/${name}`),
  ];
  const lines = paths.flatMap((path) => listWords(readOrEmpty(path, reader)));
  const kept = lines.flatMap(([key, ...words]) => {
    if (key === "no-auto-down") return words;
    const [first = "", , method] = words;
    return key === "iface" && method === "manual" ? [first] : [];
  });
  return { up, kept };
}

function listWords(text: string): readonly (readonly string[])[] {
  return text.split("\n").map(splitWords);
}

/** proc_net_route: hexadecimal numbers in the byte order of the machine, which is little-endian. */
export function parseRoutes(text: string): readonly Route[] {
  return text
    .split("\n")
    .slice(1)
    .map(splitWords)
    .flatMap(([link, destination = "", , , , , , mask = ""]) =>
      link === undefined ? [] : [{ link, destination: swap(destination), mask: swap(mask) }],
    );
}

function swap(hex: string): number {
  const value = Number.parseInt(hex, 16);
  return (
    (((value & 0xff) << 24) |
      ((value & 0xff00) << 8) |
      ((value >>> 8) & 0xff00) |
      ((value >>> 24) & 0xff)) >>>
    0
  );
}

function listIscsiServers(reader: Reader): readonly BlockServer[] {
  const folder = "/sys/class/iscsi_connection";
  return listOrNone(folder, reader).map((path) => ({
    path,
    address: readOrEmpty(`${folder}/${path}/persistent_address`, reader).trim(),
  }));
}

/** Fibre Channel and loop need no network interface. */
const IP_TRANSPORTS = ["tcp", "rdma"];

/** An address such as "traddr=10.0.2.2,trsvcid=4420". */
function listNvmeServers(reader: Reader): readonly BlockServer[] {
  const folder = "/sys/class/nvme";
  return listOrNone(folder, reader).flatMap((path) => {
    const read = (file: string): string => readOrEmpty(`${folder}/${path}/${file}`, reader).trim();
    if (!IP_TRANSPORTS.includes(read("transport"))) return [];
    return [{ path, address: /traddr=([^,\s]+)/.exec(read("address"))?.[1] ?? "" }];
  });
}
