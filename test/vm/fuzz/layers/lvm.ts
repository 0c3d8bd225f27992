import type { DrawnLayer } from "../drawn-stack.ts";
import type { Layer } from "../layers.ts";
import { type Device, type Site, smallest } from "../site.ts";
import { onTop } from "./devices.ts";

const PV_MIB = 96;
const LOSS_MIB = 8;

/** Logical volumes: each layer is a volume group of its own. */
export const lvmLayers = {
  lvm: (site, { picks, variant }, number) => {
    const group = makeGroup(site, picks.slice(0, 1 + (variant % 3)), number);
    if (group === undefined) return;
    const mib = Math.floor((group.mib * group.devices.length) / 2);
    for (const volume of ["one", "two"]) group.add(volume, mib, `-L ${mib}M -n ${volume}`);
    group.finish();
  },
  "lvm striped": (site, { picks }, number) => {
    const group = makeGroup(site, picks.slice(0, 2), number);
    if (group === undefined) return;
    const mib = 2 * group.mib;
    group.add("one", mib, `-i 2 -L ${mib}M -n one`);
    group.finish();
  },
  "lvm mirrored": (site, { picks, variant }, number) => {
    const group = makeGroup(site, picks.slice(0, 2), number);
    if (group === undefined) return;
    const mib = Math.floor(group.mib / 2);
    const type =
      variant % 2 === 0 ? "--type raid1 --nosync" : "--type mirror --mirrorlog core --nosync";
    group.add("one", mib, `${type} -m 1 -L ${mib}M -n one`);
    group.finish();
  },
  "lvm thin": (site, { picks, variant }, number) => {
    const group = makeGroup(site, picks.slice(0, 1), number);
    if (group === undefined) return;
    const mib = Math.floor(group.mib * 0.8);
    group.prepare(
      `--type thin-pool --poolmetadatasize 4m --poolmetadataspare n -L ${mib}M -n pool`,
    );
    group.add("one", mib, `-V ${mib}M --thinpool pool -n one`);
    if (variant % 2 === 1) group.add("two", mib, `-s -kn -n two v${number}/one`, "");
    group.finish();
  },
  "lvm snapshot": (site, { picks }, number) => {
    const group = makeGroup(site, picks.slice(0, 1), number);
    if (group === undefined) return;
    // It must have space for everything that is ever written to its origin.
    const mib = Math.floor(group.mib * 0.45);
    group.add("one", mib, `-L ${mib}M -n one`);
    group.add("two", mib, `-s -L ${mib + 4}M -n two v${number}/one`, "");
    group.finish();
  },
  "lvm cache": (site, { picks, variant }, number) => {
    const group = makeGroup(site, picks.slice(0, 2), number);
    if (group === undefined) return;
    const [slow, quick] = group.devices;
    const mode = variant % 2 === 0 ? "writeback" : "writethrough";
    group.add("one", group.mib, `-L ${group.mib}M -n one`, `v${number} ${slow?.path}`);
    group.prepare(
      `--type cache --cachemode ${mode} -L 16M -n quick`,
      `v${number}/one ${quick?.path}`,
    );
    group.finish();
  },
} satisfies Readonly<Record<string, Layer>>;

/** Names of the devices of a layer that can be suspended: for LVM, those behind its volumes. */
export function listInnerVolumes({ kind, variant }: DrawnLayer, number: number): readonly string[] {
  switch (kind) {
    case "linear":
    case "concat":
    case "striped":
    case "crypt":
    case "integrity":
      return [`z${number}`];
    case "split":
      return [`z${number}a`, `z${number}b`];
    case "lvm":
    case "lvm striped":
      return [`v${number}-one`];
    case "lvm mirrored": {
      const leg = variant % 2 === 0 ? "rimage" : "mimage";
      return [`v${number}-one_${leg}_0`, `v${number}-one`];
    }
    case "lvm thin":
      return [`v${number}-pool_tmeta`, `v${number}-pool_tdata`, `v${number}-pool-tpool`];
    case "lvm snapshot":
      return [`v${number}-one-real`, `v${number}-two-cow`, `v${number}-two`];
    case "lvm cache":
      return [`v${number}-quick_cpool_cmeta`, `v${number}-one_corig`, `v${number}-one`];
    default:
      return [];
  }
}

interface Group {
  readonly devices: readonly Device[];
  /** The part of each device that volumes may use. */
  readonly mib: number;
  /** Creates a volume for further layers; `where` is the rest of lvcreate's arguments. */
  add(volume: string, mib: number, options: string, where?: string): void;
  /** Runs lvcreate for volumes that no further layer uses. */
  prepare(options: string, where?: string): void;
  finish(): void;
}

function makeGroup(site: Site, picks: readonly number[], number: number): Group | undefined {
  const devices = site.takeDevices(picks, PV_MIB);
  if (devices === undefined) return undefined;
  const paths = devices.map((device) => device.path);
  // Scans only these devices, and does not ask about signatures.
  const only = `--devices ${paths.join(",")}`;
  site.build.push(`vgcreate -q -ff -y -s 1m ${only} v${number} ${paths.join(" ")}`);
  const create = (options: string, where = `v${number}`): void => {
    site.build.push(`lvcreate -q -q -y ${only} ${options} ${where}`);
  };
  return {
    devices,
    mib: smallest(devices) - LOSS_MIB,
    add: (volume, mib, options, where) => {
      create(options, where);
      site.offerDevice(onTop(`/dev/v${number}/${volume}`, mib, devices));
    },
    prepare: create,
    finish: () => site.again.push(`vgchange -q -q -ay -K ${only} v${number}`),
  };
}
