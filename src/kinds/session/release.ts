import { actAfterPages } from "../../execute/left/act-after-pages.ts";
import { refuseClaimed } from "../../execute/left/refuse-claimed.ts";
import type { ActPorts } from "../../execute/ports.ts";
import { isGone } from "../../execute/step/is-gone.ts";
import type { Preparation, Releaser } from "../../execute/step/releaser.ts";
import { readOrEmpty, tryWrite } from "../../port/best-effort.ts";
import { isSysError } from "../../port/sys-error.ts";
import type { Kernel } from "../../port/teardown.ts";
import type { SessionClose } from "./model.ts";
import type { Session, SessionsField } from "./state.ts";

// Both protocols take another 5 to 10 s to notice that a server is gone. The sum is below the limit
// of every step on its disks.
const RECOVERY_S = 10;

export const sessionCloseReleaser: Releaser<SessionClose> = {
  perform(step, ports) {
    const { kernel } = ports;
    refuseClaimed(step.devices, kernel);
    return actAfterPages(step.devices, ports, () => closeSession(step, kernel));
  },
  isReleased({ protocol, paths, devices }, reader) {
    const ends = paths.map((path) =>
      protocol === "nvme"
        ? `/sys/class/nvme/${path}/state`
        : `/sys/class/iscsi_connection/${path}/address`,
    );
    const disks = devices.map((name) => `/sys/block/${name}/dev`);
    return [...ends, ...disks].every((path) => isGone(path, reader));
  },
};

/** A dead disk or path must not prevent the logout. */
function closeSession({ protocol, paths, devices }: SessionClose, kernel: Kernel): void {
  switch (protocol) {
    case "nvme":
      // Shuts the controller down, then disconnects.
      return callAll(paths, (path) =>
        kernel.write(`/sys/class/nvme/${path}/delete_controller`, "1"),
      );
    case "iscsi":
      try {
        // Disks first: deleting a disk flushes its cache, which needs the connection.
        callAll(devices, (name) => kernel.write(`/sys/block/${name}/device/delete`, "1"));
      } finally {
        callAll(paths, (path) => kernel.iscsiLogout(path));
      }
  }
}

/** Calls `call` for each name, then throws the first `SysError` if there was one. */
function callAll(names: readonly string[], call: (name: string) => void): void {
  let first: unknown;
  for (const name of names) {
    try {
      call(name);
    } catch (thrown) {
      if (!isSysError(thrown)) throw thrown;
      first ??= thrown;
    }
  }
  if (first !== undefined) throw first;
}

/** Shortens the recovery timeouts of all sessions, if they are longer. */
export const sessionPreparation: Preparation<SessionsField> = {
  isNeeded: ({ sessions = [] }) => sessions.length > 0,
  prepare({ sessions = [] }, ports) {
    for (const session of sessions) limitRecovery(session, ports);
  },
};

/**
 * Makes I/O fail soon if the connection to the server is lost from now on. With the defaults for a
 * running machine, iSCSI would wait for two minutes (recovery_tmo) and NVMe for ten
 * (ctrl_loss_tmo), and every unmount and even reboot(2) would wait for them.
 */
function limitRecovery({ protocol, name, paths }: Session, { kernel, reader }: ActPorts): void {
  const isLonger = (path: string): boolean => {
    const seconds = Number.parseInt(readOrEmpty(path, reader), 10);
    // "off", or a negative number for iSCSI, means no limit.
    return Number.isNaN(seconds) || seconds < 0 || seconds > RECOVERY_S;
  };
  if (protocol === "iscsi") {
    if (!isLonger(`/sys/class/iscsi_session/${name}/recovery_tmo`)) return;
    tryWrite(`/sys/class/iscsi_session/${name}/recovery_tmo`, `${RECOVERY_S}`, kernel);
    return;
  }
  for (const path of paths) {
    if (!isLonger(`/sys/class/nvme/${path}/fast_io_fail_tmo`)) continue;
    tryWrite(`/sys/class/nvme/${path}/fast_io_fail_tmo`, `${RECOVERY_S}`, kernel);
  }
}
