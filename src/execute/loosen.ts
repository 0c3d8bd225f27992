import type { Session } from "../core/snapshot.ts";
import { runTask } from "../observe/run-task.ts";
import { attempt } from "../port/sys-error.ts";
import type { View } from "./look.ts";
import type { Ports } from "./ports.ts";

// Noticing that a server is gone takes both protocols 5 to 10 s more: together
// less than any step on its disks has.
const RECOVERY_S = 10;

const LIMIT_MS = 2_000;

/**
 * Before the first step, loosens what would hold a step up for long or for good
 * although nothing that has one is in its way. Nothing here is needed where it
 * does not apply, so that a refusal is no failure. Takes 2 s at most, and none beyond `until`.
 */
export function loosen({ snapshot }: View, until: number, ports: Ports): void {
  const sessions = snapshot.sessions ?? [];
  const binfmts = snapshot.mounts.filter(({ fsType }) => fsType === "binfmt_misc");
  if (sessions.length === 0 && binfmts.length === 0) return;
  runTask(
    () => {
      for (const { target } of binfmts) attempt(() => ports.kernel.flushBinfmt(target));
      for (const session of sessions) limitRecovery(session, ports);
      return "";
    },
    Math.min(LIMIT_MS, until - ports.clock.now()),
    ports,
  );
}

/**
 * Has I/O fail soon if the connection to its server is lost from now on. As
 * they are set for a running machine, iSCSI waits for two minutes (recovery_tmo)
 * and NVMe for ten (ctrl_loss_tmo), every unmount and reboot(2) itself with them.
 */
function limitRecovery({ protocol, name, paths }: Session, { kernel, reader }: Ports): void {
  const isLonger = (path: string): boolean => {
    const seconds = Number.parseInt(attempt(() => reader.readText(path)) ?? "", 10);
    // "off", and negative for iSCSI: without end.
    return Number.isNaN(seconds) || seconds < 0 || seconds > RECOVERY_S;
  };
  if (protocol === "iscsi") {
    if (!isLonger(`/sys/class/iscsi_session/${name}/recovery_tmo`)) return;
    attempt(() => kernel.iscsiLimitRecovery(name, RECOVERY_S));
    return;
  }
  for (const path of paths) {
    if (!isLonger(`/sys/class/nvme/${path}/fast_io_fail_tmo`)) continue;
    attempt(() => kernel.nvmeLimitRecovery(path, RECOVERY_S));
  }
}
