import type { DrawnLayer } from "../drawn-stack.ts";
import type { Layer } from "../layers.ts";
import { type Device, depthOn, type Place, type Site, smallest } from "../site.ts";

const SECTORS_A_MIB = 2048;
const SMALL_MIB = 24;

/** Device-mapper, arrays and partitions: devices on devices. */
export const deviceLayers = {
  linear: (site, { picks }, number) => {
    const [device] = site.takeDevices(picks.slice(0, 1), SMALL_MIB) ?? [];
    if (device === undefined) return;
    makeDm(site, `z${number}`, [lineOf("linear", device, 0, device.mib)]);
    site.offerDevice(onTop(`/dev/mapper/z${number}`, device.mib, [device]));
  },
  /** One device split into two volumes. */
  split: (site, { picks }, number) => {
    const [device] = site.takeDevices(picks.slice(0, 1), 2 * SMALL_MIB) ?? [];
    if (device === undefined) return;
    const half = Math.floor(device.mib / 2);
    for (const [index, name] of [`z${number}a`, `z${number}b`].entries()) {
      makeDm(site, name, [lineOf("linear", device, index * half, half)]);
      site.offerDevice(onTop(`/dev/mapper/${name}`, half, [device]));
    }
  },
  concat: (site, { picks }, number) => {
    const devices = site.takeDevices(picks.slice(0, 2), SMALL_MIB);
    if (devices === undefined) return;
    const half = smallest(devices);
    const lines = devices.map((device, index) => lineOf("linear", device, 0, half, index * half));
    makeDm(site, `z${number}`, lines);
    site.offerDevice(onTop(`/dev/mapper/z${number}`, 2 * half, devices));
  },
  striped: (site, { picks, variant }, number) => {
    const devices = site.takeDevices(picks.slice(0, 2 + (variant % 2)), SMALL_MIB);
    if (devices === undefined) return;
    const mib = smallest(devices) * devices.length;
    const legs = devices.map((device) => `${device.path} 0`).join(" ");
    makeDm(site, `z${number}`, [`0 ${mib * SECTORS_A_MIB} striped ${devices.length} 128 ${legs}`]);
    site.offerDevice(onTop(`/dev/mapper/z${number}`, mib, devices));
  },
  crypt: (site, { picks, variant }, number) => {
    const [device] = site.takeDevices(picks.slice(0, 1), SMALL_MIB) ?? [];
    if (device === undefined) return;
    const name = `z${number}`;
    const formats = ["plain", "luks1", "luks2"] as const;
    const format = formats[variant % formats.length] ?? "plain";
    if (format === "plain") {
      const key = String(number).padStart(64, "0");
      const sectors = device.mib * SECTORS_A_MIB;
      makeDm(site, name, [`0 ${sectors} crypt aes-xts-plain64 ${key} 0 ${device.path} 0`]);
    } else {
      site.build.push(`${format} ${device.path}`);
      site.run(`open_luks ${device.path} ${name}`);
    }
    site.offerDevice(onTop(`/dev/mapper/${name}`, device.mib - LUKS_MIB, [device]));
  },
  /** Only on a part of the device, because all of it must be read once. */
  integrity: (site, { picks }, number) => {
    const [device] = site.takeDevices(picks.slice(0, 1), INTEGRITY_MIB) ?? [];
    if (device === undefined) return;
    const slice = `/dev/mapper/z${number}a`;
    makeDm(site, `z${number}a`, [lineOf("linear", device, 0, INTEGRITY_MIB)]);
    site.build.push(`integritysetup -q format --no-wipe ${slice}`);
    site.build.push(`integritysetup open --integrity-recalculate ${slice} z${number}`);
    site.again.push(`integritysetup open ${slice} z${number}`);
    site.offerDevice(onTop(`/dev/mapper/z${number}`, INTEGRITY_MIB - 12, [device]));
  },
  md: (site, drawn, number) => addArray(site, drawn, number),
  partitions: (site, { picks, variant }) => {
    const [device] = site.takeDevices(picks.slice(0, 1), 2 * SMALL_MIB) ?? [];
    if (device === undefined) return;
    const half = Math.floor(device.mib / 2) - 4;
    const label = variant % 2 === 0 ? "gpt" : "dos";
    site.build.push(`table ${label} ${half} ${device.path}`);
    // For a device that cannot have partitions itself, kpartx(8) creates devices.
    const start = device.takesTable ? device.path : `/dev/mapper/${nameInMapper(device.path)}`;
    site.run(`${device.takesTable ? "blockdev --rereadpt" : "kpartx -a -n -p p"} ${device.path}`);
    for (const part of [1, 2]) {
      site.offerDevice(onTop(`${start}p${part}`, half, [device]));
    }
  },
  /** A loop device on a device. */
  "loop device": (site, { picks }, number) => {
    const [device] = site.takeDevices(picks.slice(0, 1), SMALL_MIB) ?? [];
    if (device === undefined) return;
    const path = loopPath(number);
    site.run(`losetup -P ${path} ${device.path}`);
    site.offerDevice({ ...onTop(path, device.mib, [device]), takesTable: true });
  },
} satisfies Readonly<Record<string, Layer>>;

const LUKS_MIB = 4;
const INTEGRITY_MIB = 48;

/** A number that `losetup -f` does not reach. */
export function loopPath(number: number): string {
  return `/dev/loop${number + 20}`;
}

const MAPPER = "/dev/mapper/";

/**
 * The name of a device for kpartx(8): its device-mapper name, or else the last part of its path.
 */
function nameInMapper(path: string): string {
  if (path.startsWith("$")) return `\${${path.slice(1)}##*/}`;
  if (path.startsWith(MAPPER)) return path.slice(MAPPER.length);
  const [name = "", group = ""] = path.split("/").reverse();
  return /^v\d+$/.test(group) ? `${group}-${name}` : name;
}

export function onTop(path: string, mib: number, below: readonly Device[]): Device {
  return { path, mib, depth: depthOn(...below), takesTable: false };
}

function lineOf(type: string, device: Device, from: number, mib: number, at = 0): string {
  const [start, length, offset] = [at, mib, from].map((value) => value * SECTORS_A_MIB);
  return `${start} ${length} ${type} ${device.path} ${offset}`;
}

function makeDm(site: Site, name: string, lines: readonly string[]): void {
  site.run(`dmsetup create --concise "${name},,,rw,${lines.join(",")}"`);
}

interface Level {
  readonly level: number;
  readonly members: number;
  /** The number of members whose capacity counts. */
  readonly data: number;
}

const levels: readonly Level[] = [
  { level: 0, members: 2, data: 2 },
  { level: 1, members: 2, data: 1 },
  { level: 1, members: 3, data: 1 },
  { level: 5, members: 3, data: 2 },
  { level: 6, members: 4, data: 2 },
  { level: 10, members: 4, data: 2 },
];
const formats = ["1.2", "1.0", "0.90"] as const;
const MEMBER_MIB = 48;
const MEMBER_LOSS_MIB = 8;

function addArray(site: Site, { picks, variant }: DrawnLayer, number: number): void {
  const chosen = levels[variant % levels.length];
  if (chosen === undefined) throw new Error("no such level");
  const { level, members, data } = chosen;
  const devices = site.takeDevices(picks.slice(0, members), MEMBER_MIB);
  if (devices === undefined) return;
  // A RAID0 of members with different sizes cannot have metadata 0.90.
  const format = formats[(variant + number) % (level === 0 ? 2 : formats.length)];
  const path = `/dev/md${number + 20}`;
  const paths = devices.map((device) => device.path).join(" ");
  const map =
    level !== 0 && variant % 4 === 2 ? site.findPlace(picks[3] ?? 0, takesMap) : undefined;
  const bitmap = map === undefined ? undefined : `--bitmap=${map.path}/${number}.map`;
  // Otherwise it rejects devices whose sizes differ much.
  const size = smallest(devices) - MEMBER_LOSS_MIB;
  const options = [
    `--metadata=${format} --level=${level} --raid-devices=${members}`,
    ...(level === 0 ? [] : [`--assume-clean --size=${size}M`]),
    ...(level !== 0 && variant % 4 === 1 ? ["--bitmap=internal"] : []),
    ...(bitmap === undefined ? [] : [bitmap]),
  ];
  site.build.push(
    `mdadm --quiet --create --run --homehost=zoo ${options.join(" ")} ${path} ${paths}`,
  );
  // Otherwise mdadm may find the superblock of an array on this one, at the same offset.
  site.again.push(`mdadm --quiet --assemble --metadata=${format} ${bitmap ?? ""} ${path} ${paths}`);
  const depth = depthOn(...devices, ...(map === undefined ? [] : [map]));
  site.offerDevice({ path, mib: size * data, depth, takesTable: true });
}

/** The kernel maps the file of a bitmap to blocks, as for a swap file. */
function takesMap({ takesSwap }: Place): boolean {
  return takesSwap;
}
