import type { Session } from "../../src/kinds/session/state.ts";

const HOST = "host2";

/** A file of sysfs about a session; undefined if there is none. */
export function readSessionText(path: string, sessions: readonly Session[]): string | undefined {
  const [, kind, name, attribute] = /^\/sys\/class\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (kind === "scsi_host") return attribute === "proc_name" ? "iscsi_tcp" : undefined;
  const isThere = sessions.some(({ paths }) => paths.some((one) => one === name));
  if (!isThere) return undefined;
  if (kind === "iscsi_connection") return attribute === "address" ? "192.0.2.1" : undefined;
  if (kind !== "nvme") return undefined;
  return attribute === "transport" ? "tcp" : attribute === "state" ? "live" : undefined;
}

export function listSessionDir(
  path: string,
  sessions: readonly Session[],
): readonly string[] | undefined {
  const nvme = sessions.filter(({ protocol }) => protocol === "nvme");
  const iscsi = sessions.filter(({ protocol }) => protocol === "iscsi");
  if (path === "/sys/class/nvme-subsystem" && nvme.length > 0) return nvme.map(({ name }) => name);
  if (path === "/sys/class/iscsi_connection" && iscsi.length > 0) {
    return iscsi.flatMap(({ paths }) => paths);
  }
  const found = nvme.find(({ name }) => path === `/sys/class/nvme-subsystem/${name}`);
  return found && [...found.devices, ...found.paths].sort();
}

/** The target of the link for a session's disk or connection. */
export function readSessionLink(path: string, sessions: readonly Session[]): string | undefined {
  const name = path.split("/").at(-1) ?? "";
  for (const session of sessions) {
    if (path === `/sys/class/iscsi_connection/${name}` && session.paths.includes(name)) {
      return `../../devices/platform/${HOST}/${session.name}/${name}/iscsi_connection/${name}`;
    }
    if (path !== `/sys/block/${name}` || !session.devices.includes(name)) continue;
    return session.protocol === "nvme"
      ? `../devices/virtual/nvme-subsystem/${session.name}/${name}`
      : `../devices/platform/${HOST}/${session.name}/target2:0:0/2:0:0:1/block/${name}`;
  }
  return undefined;
}
