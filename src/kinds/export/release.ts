import type { ActPorts } from "../../execute/ports.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import { listOrNone, tryWrite } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Unexport } from "./model.ts";
import { findLinks, listExports } from "./observe.ts";

export const unexportReleaser: Releaser<Unexport> = {
  /** Each call comes back when nothing is in flight any more, and the device or file is closed. */
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
        // Unplugged first: a host may have locked the medium.
        tryWrite(`${dir.split("/functions/")[0]}/UDC`, "\n", kernel);
        kernel.write(`${dir}/file`, "\n");
        break;
      case "nfsd":
        // The last thread empties the cache of exports when it goes.
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

/** A backstore goes once no port shows it: each is taken out of service, then unlinked from it. */
function removeBackstore(store: string, { kernel, reader }: ActPorts): void {
  for (const link of findLinks(store, "*", reader)) {
    // Some fabrics have no such file.
    tryWrite(`${link.split("/lun/")[0]}/enable`, "0", kernel);
    kernel.unlink(link);
  }
  // Those that an administrator made; the kernel's own goes with the backstore.
  for (const group of listOrNone(`${store}/alua`, reader)) {
    attempt(() => kernel.rmdir(`${store}/alua/${group}`));
  }
  kernel.rmdir(store);
}
