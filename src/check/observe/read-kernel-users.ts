import { listOrNone, readOrEmpty } from "../../port/best-effort.ts";
import type { Reader } from "../../port/teardown.ts";
import type { KernelUser } from "../facts.ts";
import type { KernelUserName } from "../finding.ts";
import { readStopper } from "./read-stopper.ts";

const CONFIG = "/sys/kernel/config";

/**
 * The rows of "Other users of files and block devices" in docs/storage.md that exitrd does not
 * stop.
 */
export function readKernelUsers(reader: Reader): readonly KernelUser[] {
  const name = (user: KernelUserName, objects: readonly string[]): readonly KernelUser[] => {
    const stopper = objects.length === 0 ? undefined : readStopper(user, reader);
    return objects.map((object) => ({ user, object, ...(stopper && { stopper }) }));
  };
  const list = (path: string): readonly string[] => listOrNone(path, reader);
  const read = (path: string): string => readOrEmpty(path, reader).trim();
  const target = list(`${CONFIG}/target/core`);
  const heartbeats = list(`${CONFIG}/cluster`).flatMap((cluster) =>
    list(`${CONFIG}/cluster/${cluster}/heartbeat`).map((region) =>
      read(`${CONFIG}/cluster/${cluster}/heartbeat/${region}/dev`),
    ),
  );
  const controllers = list(`${CONFIG}/nvmet/subsystems`).flatMap((subsystem) => {
    const folder = `${CONFIG}/nvmet/subsystems/${subsystem}/passthru`;
    return read(`${folder}/enable`) === "1" ? [read(`${folder}/device_path`)] : [];
  });
  const flash = list("/sys/class/mtd").flatMap(
    (mtd) => /^block2mtd: (.*)$/.exec(read(`/sys/class/mtd/${mtd}/name`))?.[1] ?? [],
  );
  const isObject = (text: string): boolean => text !== "" && text !== "(null)";
  return [
    ...name("rnbd-server", list("/sys/class/rnbd-server/ctl/devices")),
    ...name("xen-blkback", listGuests(list)),
    ...name("OCFS2 heartbeat", heartbeats.filter(isObject)),
    ...name("nvmet passthrough", controllers),
    ...name("pscsi", listObjects("pscsi_", target, list)),
    ...name("tcmu", listObjects("user_", target, list)),
    ...name("block2mtd", flash),
    ...name("nandsim", [read("/sys/module/nandsim/parameters/cache_file")].filter(isObject)),
    ...name(
      "zloop",
      list("/sys/class/block").filter((entry) => /^zloop[0-9]+$/.test(entry)),
    ),
  ];
}

function listGuests(list: (path: string) => readonly string[]): readonly string[] {
  return list("/sys/bus/xen-backend/devices").filter((name) => name.startsWith("vbd-"));
}

/**
 * Storage objects of LIO, the directories /sys/kernel/config/target/core/PLUGIN_N/NAME; the other
 * entries there are attributes.
 */
function listObjects(
  prefix: string,
  hosts: readonly string[],
  list: (path: string) => readonly string[],
): readonly string[] {
  return hosts
    .filter((host) => host.startsWith(prefix))
    .flatMap((host) => list(`${CONFIG}/target/core/${host}`))
    .filter((name) => name !== "hba_info" && name !== "hba_mode");
}
