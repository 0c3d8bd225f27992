const LAYER_KEYS: ReadonlySet<string> = new Set([
  "lowerdir",
  "lowerdir+",
  "datadir+",
  "upperdir",
  "workdir",
]);

/**
 * The directories of the layers, from the super options: as the caller of mount(2) wrote them,
 * relative to its root at that time (kernel: Documentation/filesystems/overlayfs.rst).
 */
export function listOverlayLayers(superOptions: readonly string[]): readonly string[] {
  const layers: string[] = [];
  for (const option of superOptions) {
    const equals = option.indexOf("=");
    const key = option.slice(0, equals);
    if (!LAYER_KEYS.has(key)) continue;
    const value = option.slice(equals + 1);
    // Only "lowerdir" is a list; "::" precedes data-only layers.
    layers.push(...(key === "lowerdir" ? splitLayers(value) : [unescapeLayer(value)]));
  }
  return layers.filter((layer) => layer.startsWith("/"));
}

/**
 * The directories of a composefs with the data of files. Its first layer, an EROFS, has only their
 * names. The directories follow "::" in "lowerdir", or are in "datadir+".
 */
export function listDataLayers(superOptions: readonly string[]): readonly string[] {
  return superOptions.flatMap((option) => {
    if (option.startsWith("datadir+=")) return [unescapeLayer(option.slice("datadir+=".length))];
    if (!option.startsWith("lowerdir=")) return [];
    return option.slice("lowerdir=".length).split("::").slice(1).flatMap(splitLayers);
  });
}

function splitLayers(value: string): readonly string[] {
  const parts = value.match(/(?:\\[\s\S]|[^\\:])+/g) ?? [];
  return parts.map(unescapeLayer);
}

/** "\:" and "\," stand for the character itself. */
function unescapeLayer(layer: string): string {
  return layer.includes("\\") ? layer.replace(/\\([\s\S])/g, "$1") : layer;
}
