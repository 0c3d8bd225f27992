import type { ActPorts } from "../../execute/ports.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import { listOrNone, tryWrite } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Unexport } from "./model.ts";
import { findLinks, listExports } from "./observe.ts";

export const unexportReleaser: Releaser<Unexport> = {
  /** Each call returns when no request is in flight and the device or file is closed. */
  perform({ protocol, name: dir }, ports) {
    const { kernel } = ports;
    switch (protocol) {
      case "lio":
        removeBackstore(dir, ports);
        break;
      case "nvmet":
        kernel.write(`${dir}/enable`, "0");
        break;
      case "usb-gadget":
        // Unplugged first, because a host may have locked the medium.
        tryWrite(`${dir.split("/functions/")[0]}/UDC`, "\n", kernel);
        kernel.write(`${dir}/file`, "\n");
        break;
      case "nfsd":
        // The last thread empties the cache of exports when it exits.
        kernel.write(`${dir}/threads`, "0");
        break;
      case "ksmbd":
        kernel.write(`${dir}/kill_server`, "hard");
    }
    return undefined;
  },
  isReleased: ({ protocol, name }, reader) =>
    !listExports(protocol, reader).some((one) => one.name === name),
};

/**
 * Removes a backstore. Before that, every port that exports it is disabled and unlinked from it.
 */
function removeBackstore(store: string, { kernel, reader }: ActPorts): void {
  for (const link of findLinks(store, "*", reader)) {
    // Some fabrics have no such file.
    tryWrite(`${link.split("/lun/")[0]}/enable`, "0", kernel);
    kernel.unlink(link);
  }
  // The groups that an administrator created; the kernel's own one is removed with the backstore.
  for (const group of listOrNone(`${store}/alua`, reader)) {
    attempt(() => kernel.rmdir(`${store}/alua/${group}`));
  }
  kernel.rmdir(store);
}
