/** The maximum height of a stack, in layers. */
export const MAX_DEPTH = 8;

/** The maximum number of partitions of a stack. */
export const MAX_WIDTH = 12;

/** The size of each, in MiB; the disks behind them are sparse. */
export const PARTITION_MIB = 512;

/** A block device that is not used yet. */
export interface Device {
  /** Its path in bash: "$p1", "/dev/mapper/z3". */
  readonly path: string;
  /** A lower bound of its size. */
  readonly mib: number;
  readonly depth: number;
  /** It can have a partition table whose partitions the kernel shows. */
  readonly takesTable: boolean;
  /** Its node will vanish: swapoff(2) opens it by its path, so nothing could remove a swap on it. */
  readonly willVanish?: true;
}

/** A mounted file system that can be reached by its path. */
export interface Place {
  readonly path: string;
  readonly depth: number;
  readonly isWritable: boolean;
  /** It loses everything: its contents must be created again. */
  readonly isVolatile: boolean;
  /** It supports files with holes. */
  readonly hasHoles: boolean;
  readonly takesSwap: boolean;
  readonly takesUpper: boolean;
  readonly takesLower: boolean;
  /** The number of stacked overlays in it: the kernel allows two. */
  readonly overlays: number;
}

/** The target of a new mount. */
export interface Target {
  readonly path: string;
  readonly depth: number;
}

/**
 * A stack under construction: what it offers to the next layer, and the two scripts for the layers
 * so far.
 */
export class Site {
  readonly build: string[] = [];
  readonly again: string[] = [];
  private readonly devices: Device[] = [];
  private places: Place[] = [];
  private partitions = 0;
  private highest = 0;
  private owner = "";
  private readonly owners = new Map<Device | Place, string>();
  private readonly backings = new Map<string, Set<string>>();
  private readonly targets = new Map<string, Set<string>>();

  /** The mounts that can still be reached by a path, newest first. */
  get visible(): readonly Place[] {
    return this.places;
  }

  /** The number of partitions in use. */
  get width(): number {
    return this.partitions;
  }

  /** The height of the stack, in layers. */
  get deepest(): number {
    return this.highest;
  }

  /** The backings of each layer: layers by their number, partitions as "p1". */
  get uses(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.backings;
  }

  /** The layers that are mounted at each path. */
  get mounted(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.targets;
  }

  /** Attributes everything that is taken and offered from now on to this layer. */
  begin(number: number): void {
    this.owner = String(number);
    this.backings.set(this.owner, new Set());
  }

  /** Adds a line to both scripts. */
  run(line: string): void {
    this.build.push(line);
    this.again.push(line);
  }

  /** Takes one device for each pick, or none if there are too few. */
  takeDevices(
    picks: readonly number[],
    minMib: number,
    accept: (device: Device) => boolean = () => true,
  ): readonly Device[] | undefined {
    const taken: Device[] = [];
    let partitions = this.partitions;
    for (const pick of picks) {
      const fits = this.devices.filter(
        (device) =>
          device.mib >= minMib &&
          device.depth < MAX_DEPTH &&
          !taken.includes(device) &&
          accept(device),
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
      this.backings.get(this.owner)?.add(this.owners.get(device) ?? device.path.replace("$", ""));
      const index = this.devices.indexOf(device);
      if (index >= 0) this.devices.splice(index, 1);
    }
    return taken;
  }

  /** Picks a mount, which can be picked again. */
  findPlace(pick: number, accept: (place: Place) => boolean): Place | undefined {
    const fits = this.places.filter((place) => place.depth < MAX_DEPTH && accept(place));
    const place = fits.length === 0 ? undefined : fits[pick % fits.length];
    const owner = place && this.owners.get(place);
    if (owner !== undefined) this.backings.get(this.owner)?.add(owner);
    return place;
  }

  /** Puts a file of this layer on a mount. */
  useFile(number: number, place: Place): void {
    const owner = this.owners.get(place);
    if (owner !== undefined) this.backings.get(String(number))?.add(owner);
  }

  offerDevice(device: Device): void {
    this.owners.set(device, this.owner);
    this.highest = Math.max(this.highest, device.depth);
    this.devices.unshift(device);
  }

  /** Removes the mounts that the new mount covers: they cannot be reached by a path any more. */
  offerPlace(place: Place): void {
    this.owners.set(place, this.owner);
    this.targets.set(place.path, new Set([...(this.targets.get(place.path) ?? []), this.owner]));
    this.places = this.places.filter(
      ({ path }) => path !== place.path && !path.startsWith(`${place.path}/`),
    );
    this.highest = Math.max(this.highest, place.depth);
    this.places.unshift(place);
  }

  /** Chooses a directory of its own, one in an earlier mount, or an earlier mount to be covered. */
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

/** The height of a layer on these. */
export function depthOn(...below: readonly { readonly depth: number }[]): number {
  return 1 + Math.max(0, ...below.map(({ depth }) => depth));
}

/** The size of the smallest. */
export function smallest(devices: readonly Device[]): number {
  return Math.min(...devices.map(({ mib }) => mib));
}
