import type { DrawnStack } from "./drawn-stack.ts";
import { type Faults, layFaults, layGround } from "./lay-faults.ts";
import { unixLike } from "./layers/file-systems.ts";
import { addLayer } from "./layers.ts";
import { MAX_WIDTH, type Place, Site } from "./site.ts";

/** A storage stack as two bash scripts, and what must be observed of it. */
export interface Stack {
  /** Builds and fills it. */
  readonly build: string;
  /** Assembles it again, and compares its contents. */
  readonly again: string;
  /** The mount held by a process that is never killed. */
  readonly held?: string;
  /** Mounts held by processes that are killed. */
  readonly workedIn: readonly string[];
  /** The height of the stack, in layers. */
  readonly depth: number;
  /** The number of partitions that it uses. */
  readonly width: number;
  /** The faults that occur once it is built. */
  readonly faults?: Faults;
  /** The layers that are mounted at each path. */
  readonly mounted: ReadonlyMap<string, ReadonlySet<string>>;
}

/** How one layer is assembled again. */
interface Again {
  readonly owner: string;
  readonly lines: readonly string[];
}

/** Makes a stack from a drawn one; deterministic. */
export function layStack(drawn: DrawnStack): Stack {
  const site = new Site();
  const laid = layGround(site, drawn);
  const again: Again[] = drawn.layers.map((layer, index) => {
    const number = index + 1;
    const from = site.again.length;
    addLayer(site, layer, number);
    return { owner: String(number), lines: site.again.slice(from) };
  });
  if (drawn.faults !== undefined) again.push(layWell(site));
  const faults = drawn.faults && layFaults(site, laid, drawn);
  const places = site.visible;
  // A tmpfs is detached lazily, which succeeds even if a process holds it.
  const [held] =
    drawn.held === null
      ? []
      : pickAll(
          places.filter((one) => !one.isVolatile),
          [drawn.held],
        );
  return {
    build: site.build.join("\n"),
    // Data that a fault reaches may be lost.
    again: again
      .filter(({ owner }) => faults?.lost.has(owner) !== true)
      .flatMap(({ lines }) => lines)
      .join("\n"),
    ...(held === undefined ? {} : { held: held.path }),
    workedIn: pickAll(places, drawn.workers).map(({ path }) => path),
    depth: site.deepest,
    width: site.width,
    mounted: site.mounted,
    ...(faults === undefined ? {} : { faults }),
  };
}

// Above the numbers of all layers.
const WELL = 80;

/** A healthy file system on the last of the partitions, unless all are in use. */
function layWell(site: Site): Again {
  const owner = String(WELL);
  if (site.width === MAX_WIDTH) return { owner, lines: [] };
  site.begin(WELL);
  const [name, path] = [`z${WELL}`, `/zoo/${WELL}`];
  const make = `dmsetup create ${name} --table "0 65536 linear $p${MAX_WIDTH} 0"`;
  const mount = `mount -m -t ext4 -o noinit_itable /dev/mapper/${name} ${path}`;
  site.build.push(make, `ext4 /dev/mapper/${name}`, mount, `put ${WELL} ${path}`);
  site.offerPlace({ ...unixLike, path, depth: 1 });
  return { owner, lines: [make, mount, `same ${WELL} ${path}`] };
}

function pickAll(places: readonly Place[], picks: readonly number[]): readonly Place[] {
  return picks.flatMap((pick) => places[pick % Math.max(1, places.length)] ?? []);
}
