import type { ActPorts } from "../../execute/ports.ts";
import { isGone } from "../../execute/step/is-gone.ts";
import type { Preparation, Releaser } from "../../execute/step/releaser.ts";
import { readOrEmpty, tryWrite } from "../../port/best-effort.ts";
import { isSysError } from "../../port/sys-error.ts";
import type { Kernel } from "../../port/teardown.ts";
import type { SessionClose } from "./model.ts";
import type { Session, SessionsField } from "./state.ts";

// Noticing that a server is gone takes both protocols 5 to 10 s more: together
// less than any step on its disks has.
const RECOVERY_S = 10;

export const sessionCloseReleaser: Releaser<SessionClose> = {
  perform(step, { kernel }) {
    closeSession(step, kernel);
    return undefined;
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

/** A dead disk or path must not prevent the logout from the target. */
function closeSession({ protocol, paths, devices }: SessionClose, kernel: Kernel): void {
  switch (protocol) {
    case "nvme":
      // Tells the controller to shut down, and disconnects.
      return callAll(paths, (path) =>
        kernel.write(`/sys/class/nvme/${path}/delete_controller`, "1"),
      );
    case "iscsi":
      try {
        // The disks first: deleting one flushes its cache, which needs the connection.
        callAll(devices, (name) => kernel.write(`/sys/block/${name}/device/delete`, "1"));
      } finally {
        callAll(paths, (path) => kernel.iscsiLogout(path));
      }
  }
}

/** Calls for each, then throws the first `SysError` that there was. */
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

/** Shortens the recovery timeouts of every session, where they are longer. */
export const sessionPreparation: Preparation<SessionsField> = {
  isNeeded: ({ sessions = [] }) => sessions.length > 0,
  prepare({ sessions = [] }, ports) {
    for (const session of sessions) limitRecovery(session, ports);
  },
};

/**
 * Has I/O fail soon if the connection to its server is lost from now on. As
 * they are set for a running machine, iSCSI waits for two minutes (recovery_tmo)
 * and NVMe for ten (ctrl_loss_tmo), every unmount and reboot(2) itself with them.
 */
function limitRecovery({ protocol, name, paths }: Session, { kernel, reader }: ActPorts): void {
  const isLonger = (path: string): boolean => {
    const seconds = Number.parseInt(readOrEmpty(path, reader), 10);
    // "off", and negative for iSCSI: without end.
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
