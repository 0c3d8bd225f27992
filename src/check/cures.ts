import type { ReasonKind } from "../load/judge-boot.ts";
import type { Finding, KernelUserName } from "./finding.ts";
import { shellWord } from "./shell-word.ts";

/** A reason of the status may end in ": run 'COMMAND'", which becomes the cure. */
export function splitCure(reason: string): { readonly text: string; readonly cure?: string } {
  const [, text, cure] = /^(.*): run '([^']*)'$/.exec(reason) ?? [];
  return text === undefined || cure === undefined ? { text: reason } : { text, cure };
}

export function cureReason(cause: ReasonKind, reason: string): string {
  return splitCure(reason).cure ?? CAUSES[cause] ?? "exitrd status shows more";
}

/** What to do about reasons that do not end in a command. */
const CAUSES: Partial<Readonly<Record<ReasonKind, string>>> = {
  "unknown-init": "man 8 exitrd: OTHER INITS has what to add to an init",
  "no-pivot": "man 8 exitrd: OTHER INITS has what to add to an init",
  container: "run exitrd on the host instead; on a machine, delete the file that marks a container",
  "no-systemd-shutdown": "reinstall systemd",
  "too-old": "upgrade systemd",
  parameter: "remove exitrd=off from the boot loader's configuration",
  masked: "systemctl unmask exitrd-load.service",
  "image-unreadable": "exitrd build, or reinstall the package",
  "image-bad": "exitrd build, or reinstall the package",
  "image-refused": "exitrd sign, or install an image that this machine trusts",
  "nothing-loaded": "exitrd status says how to repair the image; then: exitrd load",
  "another-program": "exitrd load --force",
};

type Going = Extract<Finding, { readonly kind: "network-root" }>["by"];

export function sayGoing(by: Going): string {
  switch (by) {
    case "networkd":
      return "loses its address when systemd-networkd is stopped";
    case "ifupdown":
      return "networking.service takes down when it is stopped";
    case "wireless":
      return "is wireless: the process that keeps it connected is killed";
  }
}

/** A drop-in: the file itself may be in /run, or belong to a package. */
function cureNetworkd(file: string): string {
  const name = file.slice(file.lastIndexOf("/") + 1);
  const folder = shellWord(`/etc/systemd/network/${name}.d`);
  return `mkdir -p ${folder} && printf '[Network]\\nKeepConfiguration=yes\\n' >${folder}/exitrd.conf && networkctl reload`;
}

/**
 * Adds a tool to the image. An image that is built with this tool alone would lack those that are
 * configured; a section may be repeated. A tool that this machine does not have adds nothing: an empty
 * value would remove the others.
 */
export function cureTool(tool: string): string {
  const line = `printf '[Build]\\nTool=%s\\n' "$tool" >>/etc/exitrd/build.conf`;
  return `tool=$(command -v ${shellWord(tool)}) && ${line} && exitrd build --configured && exitrd load`;
}

export function cureNetwork(by: Going, link: string, file: string): string {
  switch (by) {
    case "networkd":
      return cureNetworkd(file);
    case "ifupdown":
      return `add the line 'no-auto-down ${shellWord(link)}' to ${shellWord(file)}`;
    case "wireless":
      return "use a wired interface for the root";
  }
}

/** What ends each at shutdown: nothing that ends it now, since clients and guests may use it. */
const STOPS: Readonly<Record<KernelUserName, string>> = {
  block2mtd: "with ExecStop=modprobe -r block2mtd in a unit of its own",
  nandsim: "with ExecStop=modprobe -r nandsim in a unit of its own",
  "nvmet passthrough": "by nvmet.service of nvmetcli",
  "OCFS2 heartbeat": "by o2cb.service of ocfs2-tools",
  pscsi: "by rtslib-fb-targetctl.service or target.service of rtslib-fb",
  "rnbd-server": "by having its clients unmap it before",
  tcmu: "by rtslib-fb-targetctl.service or target.service of rtslib-fb",
  "xen-blkback": "by xendomains.service of Xen",
  zloop: `with ExecStop=sh -c "echo 'remove id=NUMBER' >/dev/zloop-control" in a unit of its own`,
};

export function cureKernelUser(user: KernelUserName, object: string, unit: string): string {
  if (unit === "") {
    return `have it stopped at shutdown, ${STOPS[user].replace("NUMBER", object.replace(/^\D*/, ""))}`;
  }
  return `have it stopped at shutdown, from the next boot on: systemctl enable ${unit}; if it is enabled: systemctl status ${unit}`;
}
