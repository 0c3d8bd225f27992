import type { DrawnStack } from "./drawn-stack.ts";
import { addLayer } from "./layers.ts";
import { type Place, Site } from "./site.ts";

/** A stack of storage as two bash scripts, and what is to be seen of it. */
export interface Stack {
  /** Builds it and fills it. */
  readonly build: string;
  /** Puts it together a second time, and compares what is in it. */
  readonly again: string;
  /** The mount that a process holds which is not killed. */
  readonly held?: string;
  /** Mounts with a process in each that is killed. */
  readonly workedIn: readonly string[];
  /** How many layers lie on one another at most. */
  readonly depth: number;
  /** How many partitions it begins with. */
  readonly width: number;
}

/** Makes a stack of what was drawn: the same each time. */
export function layStack(drawn: DrawnStack): Stack {
  const site = new Site();
  drawn.layers.forEach((layer, index) => {
    addLayer(site, layer, index + 1);
  });
  const places = site.visible;
  // Detached lazily, a tmpfs goes whoever is in it.
  const [held] =
    drawn.held === null
      ? []
      : pickAll(
          places.filter((one) => !one.isVolatile),
          [drawn.held],
        );
  return {
    build: site.build.join("\n"),
    again: site.again.join("\n"),
    ...(held === undefined ? {} : { held: held.path }),
    workedIn: pickAll(places, drawn.workers).map(({ path }) => path),
    depth: site.deepest,
    width: site.width,
  };
}

function pickAll(places: readonly Place[], picks: readonly number[]): readonly Place[] {
  return picks.flatMap((pick) => places[pick % Math.max(1, places.length)] ?? []);
}
