import { listOrNone } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import type { Stopper } from "../facts.ts";
import type { KernelUserName } from "../finding.ts";

/**
 * The services of distributions that stop these objects as they are stopped themselves, Debian's
 * first.
 */
const STOPPERS: Readonly<Record<KernelUserName, readonly string[]>> = {
  block2mtd: [],
  nandsim: [],
  // nvmetcli
  "nvmet passthrough": ["nvmet"],
  "OCFS2 heartbeat": ["o2cb", "ocfs2"],
  // python3-rtslib-fb: of Debian, of Fedora and of openSUSE.
  pscsi: ["rtslib-fb-targetctl", "target", "targetcli"],
  "rnbd-server": [],
  tcmu: ["rtslib-fb-targetctl", "target", "targetcli"],
  "xen-blkback": ["xendomains", "libvirt-guests"],
  zloop: [],
};

const UNIT_FOLDERS = [
  ...["/etc/systemd/system", "/run/systemd/generator.late"],
  ...["/usr/lib/systemd/system", "/lib/systemd/system"],
];

/** The service that stops such an object before the pivot: one that runs, or one that could. */
export function readStopper(user: KernelUserName, reader: Reader): Stopper | undefined {
  const names = STOPPERS[user];
  const active = names.find((name) => isActive(name, reader));
  const installed =
    active ??
    names.find((name) =>
      UNIT_FOLDERS.some((folder) => hasEntry(`${folder}/${name}.service`, reader)),
    );
  if (installed === undefined) return undefined;
  return { unit: `${installed}.service`, isActive: active !== undefined };
}

/**
 * Whether it runs, and will be stopped therefore: one that is only enabled, or that failed, stops
 * nothing. systemd has a link for each unit that is active, OpenRC for each service that is started;
 * sysvinit stops those with a link in rc6.d.
 */
function isActive(name: string, reader: Reader): boolean {
  const unit = `${name}.service`;
  const mask = attempt(() => reader.readLink(`/etc/systemd/system/${unit}`));
  if (mask === "/dev/null") return false;
  const links = [`/run/systemd/units/invocation:${unit}`, `/run/openrc/started/${name}`];
  if (links.some((link) => attempt(() => reader.readLink(link)) !== undefined)) return true;
  if (hasEntry("/run/systemd/system", reader)) return false;
  return listOrNone("/etc/rc6.d", reader).some(
    (entry) => /^K[0-9]{2}/.test(entry) && entry.slice(3) === name,
  );
}

function hasEntry(path: string, reader: Reader): boolean {
  return attempt(() => reader.stat(path)) !== undefined;
}
