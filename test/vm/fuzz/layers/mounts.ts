import type { Layer } from "../layers.ts";
import { depthOn, type Place } from "../site.ts";
import { putData } from "./file-systems.ts";

const MAX_OVERLAYS = 2;

/** Mounts on mounts. */
export const mountLayers = {
  overlay: (site, { picks, place: pick, variant }, number) => {
    const upper = site.findPlace(
      picks[0] ?? 0,
      ({ takesUpper, isVolatile }) => takesUpper && !isVolatile,
    );
    const lowers = picks
      .slice(1, 2 + (variant % 2))
      .flatMap((one) => site.findPlace(one, isLower) ?? []);
    const distinct = [...new Set(lowers)];
    if (upper === undefined || distinct.length === 0) return;
    const target = site.chooseTarget(pick, number);
    const [upperDir, workDir] = [`${upper.path}/${number}.u`, `${upper.path}/${number}.w`];
    site.build.push(`mkdir ${upperDir} ${workDir}`);
    const lowerDir = distinct.map(({ path }) => path).join(":");
    const options = `lowerdir=${lowerDir},upperdir=${upperDir},workdir=${workDir}`;
    site.run(`mount -m -t overlay -o ${options} z${number} ${target.path}`);
    putData(site, number, target.path);
    site.offerPlace({
      ...upper,
      takesSwap: false,
      takesUpper: false,
      overlays: 1 + Math.max(...distinct.map(({ overlays }) => overlays)),
      path: target.path,
      depth: depthOn(target, upper, ...distinct),
    });
  },
  bind: (site, { picks, place: pick }, number) => {
    const place = site.findPlace(
      picks[0] ?? 0,
      ({ isWritable, isVolatile }) => isWritable && !isVolatile,
    );
    if (place === undefined) return;
    const source = `${place.path}/${number}.dir`;
    const target = site.chooseTarget(pick, number);
    site.build.push(`mkdir ${source}`);
    site.run(`mount -m --bind ${source} ${target.path}`);
    putData(site, number, target.path);
    site.offerPlace({ ...place, path: target.path, depth: depthOn(target, place) });
  },
  tmpfs: (site, { place: pick }, number) => {
    const target = site.chooseTarget(pick, number);
    site.run(`mount -m -t tmpfs tmpfs ${target.path}`);
    site.offerPlace({
      isWritable: true,
      isVolatile: true,
      hasHoles: false,
      takesSwap: false,
      takesUpper: false,
      takesLower: false,
      overlays: 0,
      path: target.path,
      depth: depthOn(target),
    });
  },
} satisfies Readonly<Record<string, Layer>>;

function isLower({ takesLower, overlays }: Place): boolean {
  return takesLower && overlays < MAX_OVERLAYS;
}
