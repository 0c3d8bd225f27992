import type { Layer } from "../layers.ts";
import { depthOn, type Place } from "../site.ts";
import { loopPath } from "./devices.ts";
import { putData, unixLike } from "./file-systems.ts";

const LARGE_MIB = 400;
// Without holes, all of it is written.
const SMALL_MIB = 28;

/** Layers on files: images, swap. */
export const fileLayers = {
  loop: (site, { picks }, number) => {
    const place = site.findPlace(picks[0] ?? 0, isKept);
    if (place === undefined) return;
    const [image, path] = [`${place.path}/${number}.img`, loopPath(number)];
    const mib = sizeOn(place);
    site.build.push(`truncate -s ${mib}M ${image}`);
    site.run(`losetup -P ${path} ${image}`);
    site.offerDevice({ path, mib, depth: depthOn(place), takesTable: true });
  },
  /** A loop device that mount(8) sets up and that is detached together with the mount. */
  "image mount": (site, { picks, place: pick }, number) => {
    const place = site.findPlace(picks[0] ?? 0, isKept);
    if (place === undefined) return;
    const image = `${place.path}/${number}.img`;
    const target = site.chooseTarget(pick, number);
    site.build.push(`truncate -s ${sizeOn(place)}M ${image}`, `ext4 ${image}`);
    site.run(`mount -m -t ext4 -o loop,noinit_itable ${image} ${target.path}`);
    putData(site, number, target.path);
    site.offerPlace({ ...unixLike, path: target.path, depth: depthOn(target, place) });
  },
  squashfs: (site, { picks, place: pick, variant }, number) => {
    const place = site.findPlace(picks[0] ?? 0, isKept);
    if (place === undefined) return;
    const image = `${place.path}/${number}.sqfs`;
    const target = site.chooseTarget(pick, number);
    site.build.push(`cp /run/template.sqfs ${image}`);
    if (variant % 2 === 0) {
      site.run(`mount -m -t squashfs -o loop ${image} ${target.path}`);
    } else {
      site.run(`losetup -r ${loopPath(number)} ${image}`);
      site.run(`mount -m -t squashfs ${loopPath(number)} ${target.path}`);
    }
    site.run(`same "" ${target.path}`);
    const traits = { ...unixLike, isWritable: false, takesSwap: false, takesUpper: false };
    site.offerPlace({ ...traits, path: target.path, depth: depthOn(target, place) });
  },
  "swap file": (site, { picks }, number) => {
    const place = site.findPlace(picks[0] ?? 0, ({ takesSwap }) => takesSwap);
    if (place === undefined) return;
    const file = `${place.path}/${number}.swap`;
    site.build.push(`make_swap ${file}`);
    site.run(`swapon ${file}`);
  },
} satisfies Readonly<Record<string, Layer>>;

function isKept({ isWritable, isVolatile }: Place): boolean {
  return isWritable && !isVolatile;
}

function sizeOn({ hasHoles }: Place): number {
  return hasHoles ? LARGE_MIB : SMALL_MIB;
}
