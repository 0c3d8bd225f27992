import type { DrawnLayer } from "./drawn-stack.ts";
import { deviceLayers } from "./layers/devices.ts";
import { fileSystemLayers } from "./layers/file-systems.ts";
import { fileLayers } from "./layers/files.ts";
import { lvmLayers } from "./layers/lvm.ts";
import { mountLayers } from "./layers/mounts.ts";
import type { Site } from "./site.ts";

/**
 * Adds a layer to a site; `number` is part of the names in it. Does nothing if the site lacks what
 * the layer needs.
 */
export type Layer = (site: Site, drawn: DrawnLayer, number: number) => void;

const layers = {
  ...deviceLayers,
  ...lvmLayers,
  ...fileSystemLayers,
  ...fileLayers,
  ...mountLayers,
} satisfies Readonly<Record<string, Layer>>;

export type LayerKind = keyof typeof layers;

export const layerKinds = Object.keys(layers) as readonly LayerKind[];

export function addLayer(site: Site, drawn: DrawnLayer, number: number): void {
  site.begin(number);
  layers[drawn.kind](site, drawn, number);
}
