import type { DrawnLayer } from "../drawn-stack.ts";
import type { Layer } from "../layers.ts";
import { type Device, depthOn, type Place, type Site } from "../site.ts";

const XFS_MIB = 96;
// On many stripes, the log cannot be much smaller.
const XFS_LOG = "16m";

/** File systems and swap on devices. */
export const fileSystemLayers = {
  ext4: (site, drawn, number) => {
    const [device] = site.takeDevices(drawn.picks.slice(0, 1), 24) ?? [];
    if (device === undefined) return;
    site.build.push(`ext4 ${device.path}`);
    addMount(site, drawn, number, [device], `-t ext4 -o noinit_itable ${device.path}`, unixLike);
  },
  "ext4 with a journal elsewhere": (site, drawn, number) => {
    const devices = site.takeDevices(drawn.picks.slice(0, 2), 24);
    const [device, journal] = devices ?? [];
    if (devices === undefined || device === undefined || journal === undefined) return;
    site.build.push(`ext4_with_journal ${device.path} ${journal.path}`);
    const options = `noinit_itable,journal_path=${journal.path}`;
    addMount(site, drawn, number, devices, `-t ext4 -o ${options} ${device.path}`, unixLike);
  },
  xfs: (site, drawn, number) => {
    const [device] = site.takeDevices(drawn.picks.slice(0, 1), XFS_MIB) ?? [];
    if (device === undefined) return;
    site.build.push(`xfs ${device.path} -l size=${XFS_LOG}`);
    addMount(site, drawn, number, [device], `-t xfs ${device.path}`, unixLike);
  },
  "xfs with a log elsewhere": (site, drawn, number) => {
    const devices = site.takeDevices(drawn.picks.slice(0, 2), XFS_MIB);
    const [device, log] = devices ?? [];
    if (devices === undefined || device === undefined || log === undefined) return;
    site.build.push(`xfs ${device.path} -l logdev=${log.path},size=${XFS_LOG}`);
    addMount(site, drawn, number, devices, `-t xfs -o logdev=${log.path} ${device.path}`, unixLike);
  },
  btrfs: (site, drawn, number) => {
    const count = 1 + (drawn.variant % 3);
    const devices = site.takeDevices(drawn.picks.slice(0, count), 128);
    const [device, ...others] = devices ?? [];
    if (devices === undefined || device === undefined) return;
    const profile = count === 1 ? "single" : drawn.variant % 2 === 0 ? "raid0" : "raid1";
    const paths = devices.map(({ path }) => path).join(" ");
    site.build.push(`mkfs.btrfs -q -f -K -m ${profile} -d ${profile} ${paths}`);
    const options = ["noatime", ...others.map(({ path }) => `device=${path}`)].join(",");
    const traits = { ...unixLike, takesSwap: false };
    addMount(site, drawn, number, devices, `-t btrfs -o ${options} ${device.path}`, traits);
  },
  vfat: (site, drawn, number) => {
    const [device] = site.takeDevices(drawn.picks.slice(0, 1), 24) ?? [];
    if (device === undefined) return;
    // mkfs.vfat requires an option for a whole disk.
    site.build.push(`mkfs.vfat -I ${device.path} >/dev/null`);
    addMount(site, drawn, number, [device], `-t vfat ${device.path}`, simple);
  },
  swap: (site, { picks }) => {
    const stays = (device: Device): boolean => device.willVanish !== true;
    const [device] = site.takeDevices(picks.slice(0, 1), 4, stays) ?? [];
    if (device === undefined) return;
    site.build.push(`mkswap -q ${device.path}`);
    site.run(`swapon ${device.path}`);
  },
} satisfies Readonly<Record<string, Layer>>;

type Traits = Omit<Place, "path" | "depth">;

const simple: Traits = {
  isWritable: true,
  isVolatile: false,
  hasHoles: false,
  takesSwap: false,
  takesUpper: false,
  takesLower: false,
  overlays: 0,
};

export const unixLike: Traits = {
  ...simple,
  hasHoles: true,
  takesSwap: true,
  takesUpper: true,
  takesLower: true,
};

/** Mounts, and writes a file that is checked after the next mount. */
function addMount(
  site: Site,
  drawn: DrawnLayer,
  number: number,
  devices: readonly Device[],
  what: string,
  traits: Traits,
): void {
  const target = site.chooseTarget(drawn.place, number);
  site.run(`mount -m ${what} ${target.path}`);
  putData(site, number, target.path);
  site.offerPlace({ ...traits, path: target.path, depth: depthOn(target, ...devices) });
}

export function putData(site: Site, number: number, path: string): void {
  site.build.push(`put ${number} ${path}`);
  site.again.push(`same ${number} ${path}`);
}
