import fc from "fast-check";
import type { BlockDevice, Snapshot } from "../../src/kinds/kinds.ts";
import type { Swap } from "../../src/kinds/swap/state.ts";
import type { Mount } from "../../src/teardown/snapshot/base.ts";
import { makeDevice, makeDm, makeLoop, makeMount } from "../unit/core-builders.ts";

/** Any byte string without NUL. */
export const byteName = fc
  .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 12 })
  .map((bytes) => String.fromCharCode(...bytes));

/** One layer of a random stack: its type, and the earlier layers that it is on. */
const layer = fc.record({
  kind: fc.constantFrom("dm", "dm", "md", "loop", "partition", "mount", "mount", "api", "swap"),
  below: fc.array(fc.nat(), { maxLength: 3 }),
  place: fc.nat(),
});

type Layer = typeof layer extends fc.Arbitrary<infer T> ? T : never;

/**
 * A machine whose storage has no cycle: every layer is on earlier ones only. Mounts are mounted on
 * earlier mounts, and loop devices use files on earlier mounts.
 */
export const stack: fc.Arbitrary<Snapshot> = fc.array(layer, { maxLength: 40 }).map(buildStack);

interface Parts {
  readonly mounts: Mount[];
  readonly devices: BlockDevice[];
  readonly swaps: Swap[];
}

function buildStack(layers: readonly Layer[]): Snapshot {
  const parts: Parts = {
    mounts: [
      makeMount(1, 0, "0:30", "/", "tmpfs"),
      makeMount(2, 1, "0:31", "/run", "tmpfs"),
      makeMount(3, 1, "8:0", "/oldroot", "ext4"),
    ],
    devices: [makeDevice("sda", "8:0"), makeDevice("sdb", "8:16")],
    swaps: [],
  };
  layers.forEach((item, index) => {
    addLayer(item, index + 4, parts);
  });
  return { format: 1, kernel: "6.1.0", ...parts };
}

function addLayer(item: Layer, id: number, { mounts, devices, swaps }: Parts): void {
  const below = item.below.map((at) => pick(devices, at));
  const names = [...new Set(below.map((device) => device.name))].sort();
  const first = below[0] ?? pick(devices, item.place);
  const parent = pick(mounts, item.place);
  const place = `${parent.target === "/" ? "" : parent.target}/m${id}`;
  switch (item.kind) {
    case "dm":
      devices.push(
        makeDevice(`dm-${id}`, `253:${id}`, names, { dm: makeDm(`vol${id}`, "linear") }),
      );
      return;
    case "md": {
      const md = { level: "raid1", arrayState: "clean", metadataVersion: "1.2" };
      const rest = { md: { ...md, bitmapLocation: "none" } };
      devices.push(makeDevice(`md${id}`, `9:${id}`, names, rest));
      return;
    }
    case "loop":
      devices.push(makeLoop(`loop${id}`, `7:${id}`, `${place}.img`, parent.dev));
      return;
    case "partition":
      devices.push(makeDevice(`p${id}`, `259:${id}`, [], { partitionOf: first.name }));
      return;
    case "mount":
      mounts.push(makeMount(id, parent.id, first.dev, place, "ext4"));
      return;
    case "api":
      mounts.push(makeMount(id, parent.id, `0:${100 + id}`, place, "tmpfs"));
      return;
    case "swap":
      swaps.push({ path: `${place}.swap`, type: "file", sizeKib: 1, usedKib: 0, dev: parent.dev });
  }
}

function pick<T>(list: readonly T[], index: number): T {
  const item = list[index % list.length];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}
