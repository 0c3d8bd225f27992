import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";

/**
 * Another program on this machine that takes part in its shutdown, and how it behaves with exitrd.
 */
export interface Peer {
  readonly name: string;
  /** The file that shows that it is installed. */
  readonly path: string;
  /** What it does while exitrd is loaded. */
  readonly rule: string;
}

interface KnownPeer {
  readonly name: string;
  /** Relative to /usr/lib/systemd and /lib/systemd, or absolute. */
  readonly file: string;
  readonly rule: string;
}

/**
 * The first program in /run/initramfs stays there: another program's `shutdown` is not replaced,
 * and our tree is read-only. Each of these looks for existing files there before it acts.
 */
const known: readonly KnownPeer[] = [
  {
    name: "dracut",
    file: "system/dracut-shutdown.service",
    rule: "does not unpack its initrd at shutdown",
  },
  {
    name: "finalrd",
    file: "system/finalrd.service",
    rule: "cannot write there: purge it, or it may load its own tree first at boot",
  },
  {
    name: "mkinitcpio",
    file: "system/mkinitcpio-generate-shutdown-ramfs.service",
    rule: "generates nothing at shutdown",
  },
  {
    name: "live-tools",
    file: "system-shutdown/live-tools.shutdown",
    rule: "asks for the medium to be removed before exitrd runs",
  },
  {
    name: "plymouth",
    file: "system/plymouth-start.service",
    rule: "does not move there: its splash ends, and PID 1 writes to the console",
  },
  {
    name: "molly-guard",
    file: "/usr/lib/molly-guard/molly-guard",
    rule: "asks before a shutdown begins, but changes nothing else",
  },
];

const units = ["/etc/systemd", "/usr/lib/systemd", "/lib/systemd"];

/** The peers that are installed and not masked. */
export function readPeers(files: FileReader): readonly Peer[] {
  return known.flatMap(({ name, file, rule }) => {
    const paths = file.startsWith("/") ? [file] : units.map((folder) => `${folder}/${file}`);
    const path = paths.find((one) => attempt(() => files.status(one)) !== undefined);
    if (path === undefined || files.realPath(path) === "/dev/null") return [];
    return [{ name, path, rule }];
  });
}
