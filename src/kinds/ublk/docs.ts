import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "ublk",
  summary: "A block device that a process of this machine serves",
  holds: "the process, and with it the mounts and devices on which that has files open",
  seenBy: "/sys/class/ublk-char/ublkcN, and the storage daemon that has /dev/ublkcN open",
  steps: [],
  instead:
    "released together with its server ([storage server](#storage-server)): the driver then stops the device",
  leftOut: [
    "A server without the mark of a storage daemon (`@`) is killed with all other processes, before the file systems on its device are unmounted",
  ],
  machines: ["ublk with a storage daemon"],
};
