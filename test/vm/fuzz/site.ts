/** How many layers may lie on one another. */
export const MAX_DEPTH = 8;

/** How many partitions a stack may begin with. */
export const MAX_WIDTH = 12;

/** The size of each, in MiB; the disks behind them are sparse. */
export const PARTITION_MIB = 512;

/** A block device that nothing lies on yet. */
export interface Device {
  /** As bash writes it: "$p1", "/dev/mapper/z3". */
  readonly path: string;
  /** A lower bound of its size. */
  readonly mib: number;
  readonly depth: number;
  /** It takes a partition table whose partitions the kernel then shows. */
  readonly takesTable: boolean;
}

/** A mounted file system that can be reached by its path. */
export interface Place {
  readonly path: string;
  readonly depth: number;
  readonly isWritable: boolean;
  /** It forgets everything: what is in it has to be made again. */
  readonly isVolatile: boolean;
  /** Files with holes cost nothing on it. */
  readonly hasHoles: boolean;
  readonly takesSwap: boolean;
  readonly takesUpper: boolean;
  readonly takesLower: boolean;
  /** How many overlays lie on one another in it: the kernel allows two. */
  readonly overlays: number;
}

/** Where a mount is to go. */
export interface Target {
  readonly path: string;
  readonly depth: number;
}

/**
 * Where a stack grows: what is on offer to the next layer, and the two scripts
 * that have been written for the layers so far.
 */
export class Site {
  readonly build: string[] = [];
  readonly again: string[] = [];
  private readonly devices: Device[] = [];
  private places: Place[] = [];
  private partitions = 0;
  private highest = 0;

  /** The mounts that a path still leads to, the newest first. */
  get visible(): readonly Place[] {
    return this.places;
  }

  /** How many partitions are in use. */
  get width(): number {
    return this.partitions;
  }

  /** How many layers lie on one another at most. */
  get deepest(): number {
    return this.highest;
  }

  /** A line of both scripts. */
  run(line: string): void {
    this.build.push(line);
    this.again.push(line);
  }

  /** Takes one device for each pick, or none at all where there are too few. */
  takeDevices(picks: readonly number[], minMib: number): readonly Device[] | undefined {
    const taken: Device[] = [];
    let partitions = this.partitions;
    for (const pick of picks) {
      const fits = this.devices.filter(
        (device) => device.mib >= minMib && device.depth < MAX_DEPTH && !taken.includes(device),
      );
      const hasFresh = partitions < MAX_WIDTH && minMib <= PARTITION_MIB;
      const count = fits.length + (hasFresh ? 1 : 0);
      if (count === 0) return undefined;
      const device = fits[pick % count];
      if (device === undefined) partitions += 1;
      taken.push(device ?? makePartition(partitions));
    }
    this.partitions = partitions;
    for (const device of taken) {
      const index = this.devices.indexOf(device);
      if (index >= 0) this.devices.splice(index, 1);
    }
    return taken;
  }

  /** Picks a mount, which stays on offer. */
  findPlace(pick: number, accept: (place: Place) => boolean): Place | undefined {
    const fits = this.places.filter((place) => place.depth < MAX_DEPTH && accept(place));
    return fits.length === 0 ? undefined : fits[pick % fits.length];
  }

  offerDevice(device: Device): void {
    this.highest = Math.max(this.highest, device.depth);
    this.devices.unshift(device);
  }

  /** What the new mount covers, itself or anything below, no path leads to any more. */
  offerPlace(place: Place): void {
    this.places = this.places.filter(
      ({ path }) => path !== place.path && !path.startsWith(`${place.path}/`),
    );
    this.highest = Math.max(this.highest, place.depth);
    this.places.unshift(place);
  }

  /** A directory of its own, or one in an earlier mount, or an earlier mount to be covered. */
  chooseTarget(pick: number, number: number): Target {
    const place = pick === 0 ? undefined : this.findPlace(pick - 1, (one) => one.isWritable);
    if (place === undefined) return { path: `/zoo/${number}`, depth: 0 };
    const isCover = pick % COVER_EVERY === 0;
    return { path: isCover ? place.path : `${place.path}/${number}`, depth: place.depth };
  }
}

const COVER_EVERY = 4;

function makePartition(number: number): Device {
  return { path: `$p${number}`, mib: PARTITION_MIB, depth: 0, takesTable: false };
}

/** The depth of what lies on these. */
export function depthOn(...below: readonly { readonly depth: number }[]): number {
  return 1 + Math.max(0, ...below.map(({ depth }) => depth));
}

/** The size of the smallest. */
export function smallest(devices: readonly Device[]): number {
  return Math.min(...devices.map(({ mib }) => mib));
}
