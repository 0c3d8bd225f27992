import { listOrNone, readOrEmpty } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import type { Session } from "./state.ts";

const NVME_SUBSYSTEMS = "/sys/class/nvme-subsystem";
const ISCSI_CONNECTIONS = "/sys/class/iscsi_connection";

/** PCIe controllers are shut down by the kernel at reboot(2). */
const FABRICS = ["tcp", "rdma", "fc", "loop"];

/** Observes all NVMe over Fabrics and software iSCSI sessions, with their disks. */
export function observeSessions(reader: Reader): { readonly sessions?: readonly Session[] } {
  const sessions = [...observeSubsystems(reader), ...observeIscsi(reader)];
  if (sessions.length === 0) return {};
  const links = readDiskLinks(reader);
  const complete = sessions.map(({ places, ...session }) => ({
    ...session,
    devices: links.flatMap(({ name, parents }) =>
      places.some((place) => parents.has(place)) ? [name] : [],
    ),
  }));
  return { sessions: complete };
}

/** A session without its disks: `places` are the directories of sysfs that contain them. */
type Draft = Omit<Session, "devices"> & { readonly places: readonly string[] };

function observeSubsystems(reader: Reader): readonly Draft[] {
  return listOrNone(NVME_SUBSYSTEMS, reader).flatMap((name) => {
    const entries = listOrNone(`${NVME_SUBSYSTEMS}/${name}`, reader);
    const paths = entries.filter((entry) => /^nvme[0-9]+$/.test(entry));
    const isRemote = paths.length > 0 && paths.every((path) => isFabric(path, reader));
    return isRemote ? [{ protocol: "nvme", name, paths, places: [name, ...paths] }] : [];
  });
}

function isFabric(controller: string, reader: Reader): boolean {
  return FABRICS.includes(readOrEmpty(`/sys/class/nvme/${controller}/transport`, reader).trim());
}

/**
 * Only iscsi_tcp: an iSCSI adapter manages its sessions itself. A session has one connection, since
 * the initiator does not support more.
 */
function observeIscsi(reader: Reader): readonly Draft[] {
  const connections = listOrNone(ISCSI_CONNECTIONS, reader);
  return connections.flatMap((connection) => {
    const link = attempt(() => reader.readLink(`${ISCSI_CONNECTIONS}/${connection}`)) ?? "";
    const parts = link.split("/");
    const host = parts.find((part) => /^host[0-9]+$/.test(part));
    const name = parts.find((part) => /^session[0-9]+$/.test(part));
    const driver = readOrEmpty(`/sys/class/scsi_host/${host}/proc_name`, reader);
    if (name === undefined || driver.trim() !== "iscsi_tcp") return [];
    return [{ protocol: "iscsi", name, paths: [connection], places: [name] }];
  });
}

/** Lists whole disks, with the directories of sysfs that contain them. */
function readDiskLinks(reader: Reader) {
  return listOrNone("/sys/block", reader).flatMap((name) => {
    const link = attempt(() => reader.readLink(`/sys/block/${name}`));
    return link === undefined ? [] : [{ name, parents: new Set(link.split("/").slice(0, -1)) }];
  });
}
